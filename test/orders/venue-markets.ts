import type { Answerer } from './venue-server.js';

/**
 * What each venue says of BTC/USDT (coinbase: BTC/USD) and of the account, in the form of its public
 * documentation: size step 0.00001, tick 0.01.
 */
export const MARKET_ANSWERS: Readonly<Record<string, Answerer>> = {
  binance: ({ path }) => {
    if (path.includes('margin')) return { body: [] };
    if (!path.endsWith('/exchangeInfo')) return undefined;
    return {
      body: {
        symbols: [
          {
            symbol: 'BTCUSDT',
            status: 'TRADING',
            baseAsset: 'BTC',
            quoteAsset: 'USDT',
            baseAssetPrecision: 8,
            quotePrecision: 8,
            orderTypes: ['LIMIT', 'MARKET', 'STOP_LOSS_LIMIT'],
            isSpotTradingAllowed: true,
            permissionSets: [['SPOT']],
            filters: [
              {
                filterType: 'PRICE_FILTER',
                minPrice: '0.01',
                maxPrice: '1000000',
                tickSize: '0.01',
              },
              { filterType: 'LOT_SIZE', minQty: '0.00001', maxQty: '9000', stepSize: '0.00001' },
              { filterType: 'MARKET_LOT_SIZE', minQty: '0', maxQty: '80', stepSize: '0' },
              { filterType: 'NOTIONAL', minNotional: '5' },
            ],
          },
        ],
      },
    };
  },
  kraken: ({ path }) => {
    if (path.endsWith('/AssetPairs')) {
      return {
        body: {
          error: [],
          result: {
            XBTUSDT: {
              altname: 'XBTUSDT',
              wsname: 'XBT/USDT',
              base: 'XXBT',
              quote: 'USDT',
              pair_decimals: 2,
              lot_decimals: 5,
              fees: [[0, 0.4]],
              fees_maker: [[0, 0.25]],
              ordermin: '0.00005',
              costmin: '0.5',
              tick_size: '0.01',
              status: 'online',
            },
          },
        },
      };
    }
    if (!path.endsWith('/Assets')) return undefined;
    const asset = { aclass: 'currency', decimals: 10, display_decimals: 5, status: 'enabled' };
    const result = { XXBT: { ...asset, altname: 'XBT' }, USDT: { ...asset, altname: 'USDT' } };
    return { body: { error: [], result } };
  },
  bybit: ({ path }) => {
    if (path === '/v5/user/query-api')
      return { body: { retCode: 0, result: { uta: 1, unified: 0 } } };
    if (path === '/v5/account/info')
      return { body: { retCode: 0, result: { unifiedMarginStatus: 5 } } };
    if (path !== '/v5/market/instruments-info') return undefined;
    const instrument = {
      symbol: 'BTCUSDT',
      baseCoin: 'BTC',
      quoteCoin: 'USDT',
      status: 'Trading',
      marginTrading: 'none',
      lotSizeFilter: {
        basePrecision: '0.00001',
        quotePrecision: '0.00000001',
        minOrderQty: '0.00001',
        maxOrderQty: '100',
        minOrderAmt: '5',
        maxOrderAmt: '1000000',
      },
      priceFilter: { tickSize: '0.01' },
    };
    return { body: { retCode: 0, result: { category: 'spot', list: [instrument] } } };
  },
  okx: ({ path }) => {
    if (path !== '/api/v5/public/instruments') return undefined;
    const instrument = {
      instType: 'SPOT',
      instId: 'BTC-USDT',
      baseCcy: 'BTC',
      quoteCcy: 'USDT',
      lotSz: '0.00001',
      minSz: '0.00001',
      tickSz: '0.01',
      state: 'live',
      maxLmtSz: '9999',
    };
    return { body: { code: '0', data: [instrument] } };
  },
  kucoin: ({ path }) => {
    if (path === '/api/v1/hf/accounts/opened') return { body: { code: '200000', data: true } };
    if (path === '/api/ua/v1/account/mode') {
      return { body: { code: '200000', data: { selfAccountMode: 'CLASSIC' } } };
    }
    if (path !== '/api/v2/symbols') return path.includes('/symbols') ? EMPTY_KUCOIN : undefined;
    const symbol = {
      symbol: 'BTC-USDT',
      name: 'BTC-USDT',
      baseCurrency: 'BTC',
      quoteCurrency: 'USDT',
      baseIncrement: '0.00001',
      quoteIncrement: '0.01',
      priceIncrement: '0.01',
      baseMinSize: '0.00001',
      baseMaxSize: '10000',
      quoteMinSize: '0.1',
      quoteMaxSize: '99999999',
      minFunds: '0.1',
      enableTrading: true,
      isMarginEnabled: false,
    };
    return { body: { code: '200000', data: [symbol] } };
  },
  coinbase: ({ path, parameters }) => {
    if (path.endsWith('/transaction_summary')) return { body: { fee_tier: {} } };
    if (!path.endsWith('/market/products')) return undefined;
    if (parameters['product_type'] === 'FUTURE') return { body: { products: [] } };
    const product = {
      product_id: 'BTC-USD',
      price: '60000',
      base_increment: '0.00001',
      quote_increment: '0.01',
      price_increment: '0.01',
      quote_min_size: '1',
      quote_max_size: '50000000',
      base_min_size: '0.00001',
      base_max_size: '3400',
      status: 'online',
      trading_disabled: false,
      product_type: 'SPOT',
      base_currency_id: 'BTC',
      quote_currency_id: 'USD',
    };
    return { body: { products: [product] } };
  },
  bitget: ({ path }) => {
    if (path === '/api/v2/margin/currencies') return { body: { code: '00000', data: [] } };
    if (path !== '/api/v2/spot/public/symbols') return undefined;
    const symbol = {
      symbol: 'BTCUSDT',
      baseCoin: 'BTC',
      quoteCoin: 'USDT',
      minTradeAmount: '0',
      maxTradeAmount: '10000',
      takerFeeRate: '0.001',
      makerFeeRate: '0.001',
      pricePrecision: '2',
      quantityPrecision: '5',
      quotePrecision: '7',
      minTradeUSDT: '5',
      status: 'online',
    };
    return { body: { code: '00000', data: [symbol] } };
  },
};

const EMPTY_KUCOIN = { body: { code: '200000', data: { items: [] } } };
