/** What a request is about within an object: `''` the object itself, else a subresource's name, such as `status`. */
export type Subresource = string;
