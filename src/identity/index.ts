/** Who is who: the certificate authority, service account tokens and the names workloads prove. */
export * from "./ca.ts";
export * from "./service-account-token.ts";
export * from "./spiffe.ts";
export * from "./token.ts";
