export { AgentTunnels, TUNNEL_RATES } from './agent-tunnels.js';
export { ApiTunnels } from './api-tunnels.js';
export type { ContainerIo, ContainerStreams, ReachedPod } from './container-streams.js';
export { linesOf } from './lines-of.js';
export { type LogLine, logText } from './log-text.js';
export { CHANNEL } from './tunnel/frame.js';
export type { Result } from './tunnel/outcomes.js';
export type { PaceLimits } from './tunnel/pace.js';
export { type Tunnel, TunnelLostError, TunnelRefusedError } from './tunnel/tunnel.js';
