/** The name of a subresource, such as `status`; empty for the object itself. */
export type Subresource = string;
