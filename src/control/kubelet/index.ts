/** The control plane's half of the node agent. */
export { Kubelet } from "./kubelet.ts";
export { orderInputs } from "./order-inputs.ts";
