import type { Static } from "typebox";
import { anything, atomic, choice, flag, integer, list, map, object, quantity, text, texts, textMap } from "./build.ts";
import { fieldReference, resourceReference } from "./container.ts";
import { labelSelector, localReference } from "./meta.ts";

const mode = (description: string, fallback?: number) =>
  integer(description, { minimum: 0, maximum: 0o777, ...(fallback === undefined ? {} : { default: fallback }) });
const keyToPath = object(
  "A key as a file.",
  { key: text("Key."), path: text("Relative path.") },
  { mode: mode("Permission bits.") },
);
const items = list("Only these keys.", keyToPath, atomic);
const downwardFile = object(
  "A file with pod information.",
  { path: text("Relative path.") },
  { fieldRef: fieldReference, resourceFieldRef: resourceReference, mode: mode("Permission bits.") },
);
const fsType = text("File system.");
const readOnly = flag("May not be written.");
const secretRef = localReference;

const claimSpec = object(
  "What is claimed.",
  {},
  {
    accessModes: texts("Access modes.", atomic),
    selector: labelSelector,
    resources: object(
      "Size.",
      {},
      { limits: map("At most.", quantity("Amount.")), requests: map("At least.", quantity("Amount.")) },
    ),
    volumeName: text("A certain volume."),
    storageClassName: text("Class."),
    volumeMode: choice("Mode.", ["Block", "Filesystem"]),
    dataSource: anything("Source."),
    dataSourceRef: anything("Source."),
    volumeAttributesClassName: text("Attributes class."),
  },
);

const projection = object(
  "One projected source.",
  {},
  {
    secret: object("Keys of a Secret.", {}, { name: text("Its name."), items, optional: flag("May be absent.") }),
    configMap: object("Keys of a ConfigMap.", {}, { name: text("Its name."), items, optional: flag("May be absent.") }),
    downwardAPI: object("Pod information.", {}, { items: list("Files.", downwardFile, atomic) }),
    serviceAccountToken: object(
      "A token for the service account.",
      { path: text("File.") },
      { audience: text("For whom."), expirationSeconds: integer("Lifetime.", { default: 3600, minimum: 600 }) },
    ),
    clusterTrustBundle: object(
      "Trust anchors.",
      { path: text("File.") },
      { name: text("Name."), signerName: text("Signer."), labelSelector, optional: flag("May be absent.") },
    ),
    podCertificate: object(
      "A certificate for the pod.",
      { signerName: text("Signer."), keyType: text("Key type.") },
      {
        maxExpirationSeconds: integer("Lifetime."),
        credentialBundlePath: text("File."),
        keyPath: text("File."),
        certificateChainPath: text("File."),
        userAnnotations: textMap("Notes for the signer."),
      },
    ),
  },
);

/** Every volume source of core/v1, by its field. */
const volumeSources = {
  configMap: object(
    "Keys of a ConfigMap as files.",
    {},
    { name: text("Its name."), items, defaultMode: mode("Permission bits.", 420), optional: flag("May be absent.") },
  ),
  secret: object(
    "Keys of a Secret as files.",
    {},
    {
      secretName: text("Its name."),
      items,
      defaultMode: mode("Permission bits.", 420),
      optional: flag("May be absent."),
    },
  ),
  emptyDir: object(
    "A directory that lives as long as the pod.",
    {},
    { medium: text("`Memory` or the default."), sizeLimit: quantity("At most.") },
  ),
  hostPath: object(
    "A path of the host.",
    { path: text("Path.") },
    {
      type: choice(
        "What must stand there.",
        ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"],
        { default: "" },
      ),
    },
  ),
  projected: object(
    "Several sources in one directory.",
    {},
    { sources: list("Sources.", projection, atomic), defaultMode: mode("Permission bits.", 420) },
  ),
  downwardAPI: object(
    "Pod information as files.",
    {},
    { items: list("Files.", downwardFile, atomic), defaultMode: mode("Permission bits.", 420) },
  ),
  persistentVolumeClaim: object("A claim.", { claimName: text("Its name.") }, { readOnly }),
  ephemeral: object(
    "A claim made for the pod.",
    {},
    { volumeClaimTemplate: object("The claim.", { spec: claimSpec }, { metadata: anything("Its metadata.") }) },
  ),
  csi: object(
    "A CSI driver.",
    { driver: text("Driver.") },
    { readOnly, fsType, volumeAttributes: textMap("Attributes."), nodePublishSecretRef: secretRef },
  ),
  image: object(
    "An image's files.",
    {},
    { reference: text("Image."), pullPolicy: choice("When to fetch.", ["Always", "IfNotPresent", "Never"]) },
  ),
  nfs: object("NFS.", { server: text("Server."), path: text("Export.") }, { readOnly }),
  iscsi: object(
    "iSCSI.",
    { targetPortal: text("Portal."), iqn: text("Name."), lun: integer("Unit.") },
    {
      iscsiInterface: text("Interface.", { default: "default" }),
      fsType,
      readOnly,
      portals: texts("Portals.", atomic),
      chapAuthDiscovery: flag("CHAP for discovery."),
      chapAuthSession: flag("CHAP for the session."),
      secretRef,
      initiatorName: text("Initiator."),
    },
  ),
  fc: object(
    "Fibre Channel.",
    {},
    { targetWWNs: texts("Targets.", atomic), lun: integer("Unit."), fsType, readOnly, wwids: texts("Ids.", atomic) },
  ),
  glusterfs: object("GlusterFS.", { endpoints: text("Endpoints."), path: text("Volume.") }, { readOnly }),
  rbd: object(
    "Ceph block device.",
    { monitors: texts("Monitors.", atomic), image: text("Image.") },
    {
      fsType,
      pool: text("Pool.", { default: "rbd" }),
      user: text("User.", { default: "admin" }),
      keyring: text("Keyring.", { default: "/etc/ceph/keyring" }),
      secretRef,
      readOnly,
    },
  ),
  cephfs: object(
    "Ceph file system.",
    { monitors: texts("Monitors.", atomic) },
    { path: text("Path."), user: text("User."), secretFile: text("Secret file."), secretRef, readOnly },
  ),
  cinder: object("OpenStack.", { volumeID: text("Volume.") }, { fsType, readOnly, secretRef }),
  flocker: object("Flocker.", {}, { datasetName: text("Name."), datasetUUID: text("UUID.") }),
  flexVolume: object(
    "A flex driver.",
    { driver: text("Driver.") },
    { fsType, secretRef, readOnly, options: textMap("Options.") },
  ),
  gitRepo: object(
    "A git repository.",
    { repository: text("URL.") },
    { revision: text("Commit."), directory: text("Directory.") },
  ),
  awsElasticBlockStore: object(
    "AWS disk.",
    { volumeID: text("Volume.") },
    { fsType, partition: integer("Partition."), readOnly },
  ),
  gcePersistentDisk: object(
    "GCE disk.",
    { pdName: text("Disk.") },
    { fsType, partition: integer("Partition."), readOnly },
  ),
  azureDisk: object(
    "Azure disk.",
    { diskName: text("Disk."), diskURI: text("URI.") },
    {
      cachingMode: choice("Caching.", ["None", "ReadOnly", "ReadWrite"], { default: "ReadWrite" }),
      fsType: text("File system.", { default: "ext4" }),
      readOnly: flag("May not be written.", { default: false }),
      kind: choice("Kind.", ["Shared", "Dedicated", "Managed"], { default: "Shared" }),
    },
  ),
  azureFile: object("Azure file share.", { secretName: text("Secret."), shareName: text("Share.") }, { readOnly }),
  vsphereVolume: object(
    "vSphere disk.",
    { volumePath: text("Path.") },
    { fsType, storagePolicyName: text("Policy."), storagePolicyID: text("Policy id.") },
  ),
  photonPersistentDisk: object("Photon disk.", { pdID: text("Disk.") }, { fsType }),
  portworxVolume: object("Portworx volume.", { volumeID: text("Volume.") }, { fsType, readOnly }),
  quobyte: object(
    "Quobyte.",
    { registry: text("Registry."), volume: text("Volume.") },
    { readOnly, user: text("User."), group: text("Group."), tenant: text("Tenant.") },
  ),
  scaleIO: object(
    "ScaleIO.",
    { gateway: text("Gateway."), system: text("System."), secretRef },
    {
      sslEnabled: flag("TLS."),
      protectionDomain: text("Domain."),
      storagePool: text("Pool."),
      storageMode: text("Mode.", { default: "ThinProvisioned" }),
      volumeName: text("Volume."),
      fsType: text("File system.", { default: "xfs" }),
      readOnly,
    },
  ),
  storageos: object(
    "StorageOS.",
    {},
    { volumeName: text("Volume."), volumeNamespace: text("Namespace."), fsType, readOnly, secretRef },
  ),
};

export const volume = object(
  "A volume of the pod: exactly one source.",
  { name: text("Unique name in the pod.", { format: "dns-label" }) },
  volumeSources,
);
export type Volume = Static<typeof volume>;
