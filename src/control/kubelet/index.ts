/** The control plane's half of the node agent. */
export { Kubelet, type KubeletOptions, type KubeletSettings } from "./kubelet.ts";
export { type OrderInputs, orderInputs } from "./order-inputs.ts";
