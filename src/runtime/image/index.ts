/** Image names → programs: where pods run as processes, an image is the command it stands for. */
export * from "./image.ts";
export * from "./reference.ts";
