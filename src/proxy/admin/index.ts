export { adminHandler, metricsHandler, type AdminOptions, type Handler } from "./handler.ts";
