/** Where the door that signs and publishes the global configuration finds what it needs. */
export const CONF_SETTINGS = ['REGISTRY_TABLE', 'PUBLICATION_BUCKET', 'INSTANCE', 'CONFIGURATION_KEY'] as const
