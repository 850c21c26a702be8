/** Tells of something worth an Event of the pod. */
export type Emit = (type: "Normal" | "Warning", reason: string, message: string) => void;
