/** The part of a ccxt exchange object that this program uses; the names are ccxt's. `N` is its form of numbers. */
export interface CcxtExchange<N extends number | string = number> {
  readonly id: string;
  has: Readonly<Record<string, boolean | 'emulated' | undefined>>;
  readonly timeframes: Readonly<Record<string, unknown>> | undefined;
  readonly features: CcxtFeatures | undefined;
  /** 4 when precisions are step sizes, 2 when they are numbers of decimal places. */
  readonly precisionMode: number;
  readonly markets: Readonly<Record<string, CcxtMarket<N>>> | undefined;
  urls: { api: unknown };
  options: Record<string, unknown>;
  timeout: number;
  fetchImplementation: unknown;
  milliseconds: () => number;
  parseJson(text: string): unknown;
  loadMarkets(reload?: boolean): Promise<unknown>;
  fetchTime(): Promise<number | undefined>;
  fetchOHLCV(
    symbol: string,
    timeframe: string,
    since: number,
    limit: number,
  ): Promise<readonly (readonly unknown[])[]>;
  fetchTickers(symbols?: string[]): Promise<Record<string, CcxtTicker>>;
  fetchBidsAsks(symbols?: string[]): Promise<Record<string, CcxtTicker>>;
  fetchTicker(symbol: string): Promise<CcxtTicker>;
}

export type CcxtClass = new (config: Readonly<Record<string, unknown>>) => CcxtExchange;

export interface CcxtFeatures {
  readonly spot?: { readonly fetchOHLCV?: { readonly limit?: number } | undefined } | undefined;
}

export interface CcxtMarket<N extends number | string = number> {
  readonly id: string;
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly type: string;
  readonly spot?: boolean;
  readonly active?: boolean | undefined;
  readonly precision?: { readonly amount?: N | undefined; readonly price?: N | undefined };
  readonly limits?: {
    readonly amount?: CcxtRange<N>;
    readonly cost?: CcxtRange<N>;
    /** Sizes of market orders, where they differ. */
    readonly market?: CcxtRange<N>;
  };
  /** The venue's own description. */
  readonly info?: unknown;
}

export interface CcxtRange<N> {
  readonly min?: N | undefined;
  readonly max?: N | undefined;
}

export interface CcxtTicker {
  readonly symbol: string;
  readonly bid?: number | undefined;
  readonly ask?: number | undefined;
  readonly last?: number | undefined;
  readonly timestamp?: number | undefined;
}
