import type { ExchangeConfig } from './lib/config/exchange-config.ts'

// Ejemplo: cambie las cuentas (inventadas), la zona y las dependencias. Cada ajuste se explica en lib/config/exchange-config.ts.
// Example: change the accounts (made up), the zone and the agencies. Every setting is explained in lib/config/exchange-config.ts.
export default {
  instance: 'QRO',
  domain: 'intercambio.queretaro.example',
  environments: {
    test: { account: '111111111111' },
    // No se puede deshacer / cannot be undone: lo guardado queda bajo llave estos años / what is kept stays locked for these years.
    production: { account: '222222222222', retentionYears: 12 },
  },
  agencies: [
    { id: 'sedesoq', member: 'GOB/SEDESOQ' },
    { id: 'dif', member: 'GOB/DIF' },
  ],
} satisfies ExchangeConfig
