"""Makes talib-1h.csv from series-1h.csv: values of TA-Lib for the kernels to be compared with.

    python3 -m venv /tmp/talib && /tmp/talib/bin/pip install numpy TA-Lib==0.8.2
    /tmp/talib/bin/python test/golden/make-talib-golden.py

Rows begin after 500 bars, where recursive indicators have forgotten how they were seeded.
"""

import csv
import pathlib

import numpy as np
import talib

FOLDER = pathlib.Path(__file__).parent
FIRST_ROW, STEP = 500, 8


def main() -> None:
    with open(FOLDER / "series-1h.csv", newline="") as file:
        rows = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]
    times, o, h, l, c, v = (np.array(column) for column in zip(*rows))
    columns = values(o, h, l, c, v)
    with open(FOLDER / "talib-1h.csv", "w") as file:
        print("timestamp_ms", *columns, sep=",", file=file)
        for row in range(FIRST_ROW, len(times), STEP):
            cells = (f"{float(column[row]):.13g}" for column in columns.values())
            print(int(times[row]), *cells, sep=",", file=file)


def values(o, h, l, c, v):
    macd, macd_signal, macd_hist = talib.MACD(c, 12, 26, 9)
    bb_up, bb_mid, bb_low = talib.BBANDS(c, 20, 2, 2)
    slow_k, slow_d = talib.STOCH(h, l, c, 14, 3, 0, 3, 0)
    fast_k, fast_d = talib.STOCHF(h, l, c, 14, 3, 0)
    stochrsi, _ = talib.STOCHRSI(c, 14, 14, 3, 0)
    return {
        "sma20": talib.SMA(c, 20),
        "sma200": talib.SMA(c, 200),
        "ema20": talib.EMA(c, 20),
        "ema50": talib.EMA(c, 50),
        "wma20": talib.WMA(c, 20),
        "tema20": talib.TEMA(c, 20),
        "kama10": talib.KAMA(c, 10),
        "rsi7": talib.RSI(c, 7),
        "rsi14": talib.RSI(c, 14),
        "cmo14": talib.CMO(c, 14),
        "macd": macd,
        "macd_signal": macd_signal,
        "macd_hist": macd_hist,
        "bb_up": bb_up,
        "bb_mid": bb_mid,
        "bb_low": bb_low,
        "stddev20": talib.STDDEV(c, 20),
        "stddev100": talib.STDDEV(c, 100),
        "atr14": talib.ATR(h, l, c, 14),
        "natr14": talib.NATR(h, l, c, 14),
        "trange": talib.TRANGE(h, l, c),
        "adx14": talib.ADX(h, l, c, 14),
        "plus_di14": talib.PLUS_DI(h, l, c, 14),
        "minus_di14": talib.MINUS_DI(h, l, c, 14),
        "aroonosc25": talib.AROONOSC(h, l, 25),
        "slow_k": slow_k,
        "slow_d": slow_d,
        "fast_k": fast_k,
        "fast_d": fast_d,
        "stochrsi14": stochrsi,
        "cci20": talib.CCI(h, l, c, 20),
        "mfi14": talib.MFI(h, l, c, v, 14),
        "willr14": talib.WILLR(h, l, c, 14),
        "roc10": talib.ROC(c, 10),
        "trix15": talib.TRIX(c, 15),
        "ultosc": talib.ULTOSC(h, l, c, 7, 14, 28),
        "slope20": talib.LINEARREG_SLOPE(c, 20),
        "correl48": talib.CORREL(c, v, 48),
        "max100": talib.MAX(h, 100),
        "min100": talib.MIN(l, 100),
        "midprice26": talib.MIDPRICE(h, l, 26),
    }


if __name__ == "__main__":
    main()
