// Made by `npm run docs` from the OpenAPI document of the daemon. Do not edit.

/** Every call of the API: what it takes and what it answers. */
export interface Api {
  'GET /api/session': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      is_required: boolean;
      is_open: boolean;
      expires_at: string | null;
    };
  };
  'POST /api/session': {
    params: undefined;
    query: undefined;
    body: {
      token: string;
    };
    answer: {
      is_required: boolean;
      is_open: boolean;
      expires_at: string | null;
    };
  };
  'DELETE /api/session': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      is_required: boolean;
      is_open: boolean;
      expires_at: string | null;
    };
  };
  'GET /api/status': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      version: string;
      versions: Record<string, string>;
      run_uid: string;
      state: string;
      started_at: string;
      uptime_sec: number;
      market_time: string;
      wall_time: string;
      display_timezone: string | null;
      loop: {
        interval_sec: number;
        last_cycle_at: string | null;
        cycles: number;
        event_loop_delay_ms: {
          p50: number;
          p99: number;
          max: number;
        };
      };
      database: {
        engine: 'sqlite' | 'mysql';
        fallback: boolean;
        reason: string | null;
      };
      exchange: {
        id: string;
        venue: string | null;
        demo: boolean;
        skew_ms: number | null;
        ready: boolean;
      };
      symbols: {
        symbol: string;
        unified_symbol: string;
      }[];
      timeframes: string[];
      bots: string[];
      collection: {
        state: string;
        paused: boolean;
        series: number;
        series_ready: number;
        bars_done: number;
        bars_wanted: number;
        backfill_percent: number;
        stale: string[];
        quarantined: number;
        up_to_date: boolean;
      };
      model: {
        trained: number;
        expected: number;
        fallback_active: boolean;
      };
      queue: {
        pending: number;
        running: number;
        current: string | null;
      };
      cache: {
        enabled: boolean;
        entries: number;
        max_entries: number;
        ttl_hours: number;
        life_hours: number;
        hits: number;
        misses: number;
        disk_bytes: number;
      };
      process: {
        pid: number;
        memory_mb: number;
        cpu_sec: number;
        event_clients: number;
      };
      trading: {
        mode: 'paper' | 'live';
        state: string;
        standby: string | null;
        account: string;
        currency: string;
        timeframe: string;
        bot: string;
        open_positions: number;
        equity: string | null;
        halt: {
          cause: 'person' | 'file' | 'drawdown' | 'daily_loss' | 'fault';
          reason: string;
          author: string;
          since: string;
          until: string | null;
          close_all: boolean;
        } | null;
        unknown_orders: number;
        allow_fallback_execution: boolean;
      };
      trainer: {
        ready: boolean;
        message: string;
      };
      left_out: string[];
      warnings: string[];
    };
  };
  'GET /api/health': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      status: 'ok' | 'degraded' | 'failing';
      checks: {
        name: string;
        status: 'ok' | 'degraded' | 'failing';
        message: string;
      }[];
      findings: {
        id: string;
        check: string;
        level: 'degraded' | 'failing';
        message: string;
        fix: string;
        since: string;
      }[];
    };
  };
  'GET /api/model/status': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
    };
    body: undefined;
    answer: {
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot: string;
      model_symbol: string;
      is_trained: boolean;
      training_progress: number;
      training_state: string;
      fallback_active: boolean;
      fallback_reason: string | null;
      model_uid: string | null;
      is_stale: boolean;
      last_training_time: string | null;
      samples_in_last_train: number | null;
      class_distribution: {
        SELL: number;
        HOLD: number;
        BUY: number;
      } | null;
      class_weights: {
        SELL: number;
        HOLD: number;
        BUY: number;
      } | null;
      training_cooldown_active: boolean;
      next_retry_at: string | null;
      last_training_error: string | null;
      last_attempt: {
        model_uid: string;
        attempted_at: string;
        outcome: 'promoted' | 'rejected' | 'failed' | 'unfinished';
        reason: string | null;
        samples: number;
        class_distribution: {
          SELL: number;
          HOLD: number;
          BUY: number;
        } | null;
        test_score: {
          rows: number;
          log_loss: number | null;
          prior_log_loss: number | null;
          skill: {
            estimate: number;
            lower: number;
            upper: number;
          } | null;
          direction_rows: number;
          direction_skill: {
            estimate: number;
            lower: number;
            upper: number;
          } | null;
          directional_auc: number | null;
          accuracy: number | null;
          macro_f1: number | null;
          calibration_error: number | null;
          regression: {
            rmse: number | null;
            mae: number | null;
            r2: number | null;
            persistence_rmse: number | null;
            persistence_mae: number | null;
          } | null;
        } | null;
      } | null;
      prediction_warning_count: number;
      sanitization: {
        initial_features: number;
        final_features: number;
        dropped: {
          name: string;
          reason: string;
        }[];
      } | null;
      test_score: {
        rows: number;
        log_loss: number | null;
        prior_log_loss: number | null;
        skill: {
          estimate: number;
          lower: number;
          upper: number;
        } | null;
        direction_rows: number;
        direction_skill: {
          estimate: number;
          lower: number;
          upper: number;
        } | null;
        directional_auc: number | null;
        accuracy: number | null;
        macro_f1: number | null;
        calibration_error: number | null;
        regression: {
          rmse: number | null;
          mae: number | null;
          r2: number | null;
          persistence_rmse: number | null;
          persistence_mae: number | null;
        } | null;
      } | null;
      verdict: {
        gate: string;
        is_promoted: boolean;
        reason: string;
      } | null;
      drift: {
        checked_at: string;
        is_drifted: boolean;
        reason: string;
        median_psi: number | null;
        worst_features: {
          feature: string;
          psi: number | null;
        }[];
        live_signals: number;
        live_skill: number | null;
        test_skill_lower: number | null;
        retrained_at: string | null;
      } | null;
      live_score: {
        signals: number;
        hits: number;
        text: string;
      } | null;
    };
  };
  'GET /api/models/training-history': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
      stage?: 'candidate' | 'rejected' | 'serving' | 'superseded';
      status?: 'active' | 'archived' | 'failed';
    };
    body: undefined;
    answer: {
      total: number;
      records: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot_name: string;
        stage: string;
        status: string;
        shown_status: 'Active' | 'Stale' | 'Failed' | 'Archived';
        color: string;
        trained_at: string;
        created_at: string;
        training_duration_seconds: number;
        data_points_used: number;
        training_period: string;
        data_end: string | null;
        task: 'classifier' | 'regressor';
        epochs: number | null;
        training_loss: number | null;
        validation_loss: number | null;
        test_rmse: number | null;
        test_mae: number | null;
        metrics: {
          rows: number;
          log_loss: number | null;
          prior_log_loss: number | null;
          skill: {
            estimate: number;
            lower: number;
            upper: number;
          } | null;
          direction_rows: number;
          direction_skill: {
            estimate: number;
            lower: number;
            upper: number;
          } | null;
          directional_auc: number | null;
          accuracy: number | null;
          macro_f1: number | null;
          calibration_error: number | null;
          regression: {
            rmse: number | null;
            mae: number | null;
            r2: number | null;
            persistence_rmse: number | null;
            persistence_mae: number | null;
          } | null;
        } | null;
        directional_auc_interval: {
          estimate: number;
          lower: number;
          upper: number;
        } | null;
        verdict: {
          gate: string;
          is_promoted: boolean;
          reason: string;
        } | null;
        model_path: string | null;
        model_size_mb: number | null;
        feature_count: number;
        feature_hash: string | null;
        horizon_bars: number;
        thresholds: {
          sell: number;
          buy: number;
        } | null;
        job_uid: string;
        parent_uid: string | null;
        error_message: string | null;
        config: Record<string, unknown>;
      }[];
    };
  };
  'GET /api/models/report': {
    params: undefined;
    query: {
      venue?: string;
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      summary: {
        total_models: number;
        fresh_models: number;
        stale_models: number;
        total_size_mb: number;
        unique_symbols: number;
        unique_timeframes: number;
        bot_types: string[];
      };
      total: number;
      models: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot_name: string;
        stage: string;
        status: string;
        shown_status: 'Active' | 'Stale' | 'Failed' | 'Archived';
        color: string;
        trained_at: string;
        created_at: string;
        training_duration_seconds: number;
        data_points_used: number;
        training_period: string;
        data_end: string | null;
        task: 'classifier' | 'regressor';
        epochs: number | null;
        training_loss: number | null;
        validation_loss: number | null;
        test_rmse: number | null;
        test_mae: number | null;
        metrics: {
          rows: number;
          log_loss: number | null;
          prior_log_loss: number | null;
          skill: {
            estimate: number;
            lower: number;
            upper: number;
          } | null;
          direction_rows: number;
          direction_skill: {
            estimate: number;
            lower: number;
            upper: number;
          } | null;
          directional_auc: number | null;
          accuracy: number | null;
          macro_f1: number | null;
          calibration_error: number | null;
          regression: {
            rmse: number | null;
            mae: number | null;
            r2: number | null;
            persistence_rmse: number | null;
            persistence_mae: number | null;
          } | null;
        } | null;
        directional_auc_interval: {
          estimate: number;
          lower: number;
          upper: number;
        } | null;
        verdict: {
          gate: string;
          is_promoted: boolean;
          reason: string;
        } | null;
        model_path: string | null;
        model_size_mb: number | null;
        feature_count: number;
        feature_hash: string | null;
        horizon_bars: number;
        thresholds: {
          sell: number;
          buy: number;
        } | null;
        job_uid: string;
        parent_uid: string | null;
        error_message: string | null;
        age_hours: number;
        is_pinned: boolean;
        last_error: string | null;
      }[];
    };
  };
  'GET /api/models/compare': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      limit?: number;
    };
    body: undefined;
    answer: {
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot_name: string;
      model_symbol: string;
      serving_uid: string | null;
      versions: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot_name: string;
        stage: string;
        status: string;
        shown_status: 'Active' | 'Stale' | 'Failed' | 'Archived';
        color: string;
        trained_at: string;
        created_at: string;
        training_duration_seconds: number;
        data_points_used: number;
        training_period: string;
        data_end: string | null;
        task: 'classifier' | 'regressor';
        epochs: number | null;
        training_loss: number | null;
        validation_loss: number | null;
        test_rmse: number | null;
        test_mae: number | null;
        metrics: {
          rows: number;
          log_loss: number | null;
          prior_log_loss: number | null;
          skill: {
            estimate: number;
            lower: number;
            upper: number;
          } | null;
          direction_rows: number;
          direction_skill: {
            estimate: number;
            lower: number;
            upper: number;
          } | null;
          directional_auc: number | null;
          accuracy: number | null;
          macro_f1: number | null;
          calibration_error: number | null;
          regression: {
            rmse: number | null;
            mae: number | null;
            r2: number | null;
            persistence_rmse: number | null;
            persistence_mae: number | null;
          } | null;
        } | null;
        directional_auc_interval: {
          estimate: number;
          lower: number;
          upper: number;
        } | null;
        verdict: {
          gate: string;
          is_promoted: boolean;
          reason: string;
        } | null;
        model_path: string | null;
        model_size_mb: number | null;
        feature_count: number;
        feature_hash: string | null;
        horizon_bars: number;
        thresholds: {
          sell: number;
          buy: number;
        } | null;
        job_uid: string;
        parent_uid: string | null;
        error_message: string | null;
        is_pinned: boolean;
        against_serving: {
          skill: number | null;
          direction_skill: number | null;
          directional_auc: number | null;
          accuracy: number | null;
          calibration_error: number | null;
        } | null;
      }[];
    };
  };
  'GET /api/models/insight/{uid}': {
    params: {
      uid: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      uid: string;
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot_name: string;
      stage: string;
      trained_at: string;
      importance: {
        feature: string;
        importance: number;
      }[];
      calibration: {
        from: number;
        to: number;
        rows: number;
        confidence: number;
        accuracy: number;
      }[] | null;
    };
  };
  'DELETE /api/models/clear/{symbol}/{timeframe}/{bot_name}': {
    params: {
      symbol: string;
      timeframe: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot_name: string;
    };
    query: {
      venue?: string;
    };
    body: undefined;
    answer: {
      cleared: number;
      models: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot_name: string;
      }[];
    };
  };
  'DELETE /api/models/clear-all/{symbol}/{timeframe}': {
    params: {
      symbol: string;
      timeframe: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
    };
    query: {
      venue?: string;
    };
    body: undefined;
    answer: {
      cleared: number;
      models: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot_name: string;
      }[];
    };
  };
  'DELETE /api/models/clear-all': {
    params: undefined;
    query: {
      venue?: string;
      confirm: 'true';
    };
    body: undefined;
    answer: {
      cleared: number;
      models: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot_name: string;
      }[];
    };
  };
  'POST /api/models/rollback': {
    params: undefined;
    query: undefined;
    body: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      model_uid?: string;
    };
    answer: {
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot_name: string;
      serving_uid: string;
      replaced_uid: string | null;
      trained_at: string;
    };
  };
  'POST /api/models/pin': {
    params: undefined;
    query: undefined;
    body: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      model_uid?: string;
      pinned?: boolean;
    };
    answer: {
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot_name: string;
      pinned_uid: string | null;
    };
  };
  'GET /api/analysis/{symbol}': {
    params: {
      symbol: string;
    };
    query: {
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
    };
    body: undefined;
    answer: {
      uid: string;
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot: string;
      candle_open_time: string;
      close: number;
      prediction: 'SELL' | 'HOLD' | 'BUY';
      confidence: number;
      fallback: boolean;
      fallback_reason: 'features_changed' | 'expired' | 'rejected' | 'cooldown' | 'untrained' | 'features_missing' | 'novel' | 'inference_error' | null;
      fallback_indicators?: {
        sma_14: number;
        sma_50: number;
        rsi: number;
      };
      insufficient_history: boolean;
      probabilities?: {
        sell: number;
        hold: number;
        buy: number;
      };
      expected_move: number | null;
      expected_price: number | null;
      model_uid: string | null;
      supersedes_uid: string | null;
      signaled_at: string;
      created_at: string;
      outcome: {
        return: number;
        class: 'SELL' | 'HOLD' | 'BUY';
        resolved_at: string;
      } | null;
      decision: {
        action: 'open' | 'close' | 'keep' | 'skip';
        reason: string;
        is_advisory: boolean;
        decided_at: string;
      } | null;
    };
  };
  'GET /api/signals': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
      source?: 'model' | 'fallback';
      prediction?: 'SELL' | 'HOLD' | 'BUY';
    };
    body: undefined;
    answer: {
      total: number;
      signals: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot: string;
        candle_open_time: string;
        close: number;
        prediction: 'SELL' | 'HOLD' | 'BUY';
        confidence: number;
        fallback: boolean;
        fallback_reason: 'features_changed' | 'expired' | 'rejected' | 'cooldown' | 'untrained' | 'features_missing' | 'novel' | 'inference_error' | null;
        fallback_indicators?: {
          sma_14: number;
          sma_50: number;
          rsi: number;
        };
        insufficient_history: boolean;
        probabilities?: {
          sell: number;
          hold: number;
          buy: number;
        };
        expected_move: number | null;
        expected_price: number | null;
        model_uid: string | null;
        supersedes_uid: string | null;
        signaled_at: string;
        created_at: string;
        outcome: {
          return: number;
          class: 'SELL' | 'HOLD' | 'BUY';
          resolved_at: string;
        } | null;
      }[];
    };
  };
  'GET /api/predictions/top': {
    params: undefined;
    query: {
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      limit?: number;
    };
    body: undefined;
    answer: {
      total: number;
      predictions: {
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot: string;
        prediction: 'SELL' | 'HOLD' | 'BUY' | null;
        confidence: number | null;
        probabilities: {
          sell: number;
          hold: number;
          buy: number;
        } | null;
        expected_move: number | null;
        model_uid: string | null;
        candle_open_time: string | null;
        as_of: string | null;
        predicted_at: string | null;
        stale: boolean;
        cached: boolean;
      }[];
    };
  };
  'GET /api/predictions/{symbol}': {
    params: {
      symbol: string;
    };
    query: {
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
    };
    body: undefined;
    answer: {
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot: string;
      prediction: 'SELL' | 'HOLD' | 'BUY' | null;
      confidence: number | null;
      probabilities: {
        sell: number;
        hold: number;
        buy: number;
      } | null;
      expected_move: number | null;
      model_uid: string | null;
      candle_open_time: string | null;
      as_of: string | null;
      predicted_at: string | null;
      stale: boolean;
      cached: boolean;
      fallback: boolean;
      fallback_reason: 'features_changed' | 'expired' | 'rejected' | 'cooldown' | 'untrained' | 'features_missing' | 'novel' | 'inference_error' | null;
      message: string | null;
    };
  };
  'DELETE /api/predictions/cache': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      cleared: number;
    };
  };
  'GET /api/lookalikes/{symbol}': {
    params: {
      symbol: string;
    };
    query: {
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      venue?: string;
      k?: number;
      scope?: 'symbol' | 'all';
      at?: string;
    };
    body: undefined;
    answer: {
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      scope: 'symbol' | 'all';
      state: 'ready' | 'building' | 'no_window';
      message: string | null;
      session_id: string | null;
      as_of: string | null;
      embedding: {
        name: string;
        version: number;
        bars: number;
      };
      series: number;
      series_ready: number;
      windows: number;
      left_out: number;
      path: (number | null)[];
      look_alikes: {
        symbol: string;
        unified_symbol: string;
        from: string;
        time: string;
        distance: number;
        returns: {
          bars: number;
          value: number | null;
        }[];
        path: (number | null)[];
      }[];
      followed: {
        bars: number;
        look_alikes: {
          windows: number;
          median: number | null;
          lower_quartile: number | null;
          upper_quartile: number | null;
          share_up: number | null;
        };
        share_up_lower: number;
        share_up_upper: number;
        base_rate: {
          windows: number;
          median: number | null;
          lower_quartile: number | null;
          upper_quartile: number | null;
          share_up: number | null;
        };
        difference_shown: boolean;
      }[];
      note: string;
    };
  };
  'GET /api/candles/{symbol}': {
    params: {
      symbol: string;
    };
    query: {
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      venue?: string;
      to?: string;
      limit?: number;
    };
    body: undefined;
    answer: {
      symbol: string;
      unified_symbol: string;
      candles: {
        open_time: string;
        open: number;
        high: number;
        low: number;
        close: number;
        volume: number;
      }[];
    };
  };
  'GET /api/data/quality': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      venue?: string;
      days?: number;
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      total: number;
      series: {
        venue: string;
        symbol: string;
        unified_symbol: string;
        timeframe: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
        candles: number;
        first_open_time: string | null;
        last_open_time: string | null;
        covered: number;
        revised: number;
        repeated: number;
        zero_volume_share: number;
        refused: Record<string, number>;
        outlier_count: number;
        outliers: {
          kind: 'wick' | 'spike' | 'jump' | 'split';
          open_time: string;
          size: number;
          other_size: number | null;
        }[];
        copies: {
          of: string;
          equal_months: number;
          months: number;
        }[];
        gap_count: number;
        gaps: {
          kind: 'known' | 'open' | 'late';
          from: string;
          to: string;
          bars: number;
        }[];
        days: {
          day: string;
          expected: number;
          stored: number;
          empty: number;
          known: number;
          open: number;
        }[];
        findings: {
          kind: string;
          level: 'fault' | 'note';
          count: number;
          text: string;
          training: string;
        }[];
      }[];
      files_total: number;
      files: {
        at: string;
        file: string;
        venue: string;
        timeframe: string;
        refusal: string | null;
        source: string | null;
        rows: number;
        inserted: number;
        revised: number;
        unchanged: number;
        merged: number;
        rejected: {
          kind: string;
          rows: number;
          first_line: number;
          example: string;
        }[];
        left_out: {
          name: string;
          reason: string;
        }[];
      }[];
    };
  };
  'POST /api/data/repair': {
    params: undefined;
    query: undefined;
    body: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
    };
    answer: {
      total: number;
      repairs: {
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
        is_under_way: boolean;
        ended_at: string | null;
        found: number | null;
        missing: number | null;
        error: string | null;
      }[];
    };
  };
  'GET /api/data/repairs': {
    params: undefined;
    query: {
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      total: number;
      repairs: {
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
        is_under_way: boolean;
        ended_at: string | null;
        found: number | null;
        missing: number | null;
        error: string | null;
      }[];
    };
  };
  'GET /api/decisions': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
      action?: 'open' | 'close' | 'keep' | 'skip';
    };
    body: undefined;
    answer: {
      total: number;
      decisions: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot: string;
        signal_uid: string;
        candle_open_time: string;
        action: 'open' | 'close' | 'keep' | 'skip';
        reason: string;
        is_advisory: boolean;
        position_uid: string | null;
        decided_at: string;
        prediction: 'SELL' | 'HOLD' | 'BUY' | null;
        confidence: number | null;
        source: 'model' | 'fallback' | null;
      }[];
    };
  };
  'GET /api/decisions/reasons': {
    params: undefined;
    query: {
      venue?: string;
      from?: string;
    };
    body: undefined;
    answer: {
      from: string;
      total: number;
      groups: {
        action: 'open' | 'close' | 'keep' | 'skip';
        text: string;
        decisions: number;
        example: string;
        last_at: string;
      }[];
    };
  };
  'GET /api/positions': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
      status?: 'opening' | 'open' | 'closing' | 'closed' | 'abandoned' | 'held';
    };
    body: undefined;
    answer: {
      total: number;
      positions: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        account: string;
        timeframe: string;
        bot: string;
        status: string;
        size_base: string;
        held_base: string;
        entry_price: string | null;
        exit_price: string | null;
        stop_price: string | null;
        target_price: string | null;
        trailing_price: string | null;
        hold_until: string | null;
        exit_reason: string | null;
        realized_pnl: string | null;
        opened_at: string;
        closed_at: string | null;
        newest_close: number | null;
        newest_bid: string | null;
        newest_bid_at: string | null;
      }[];
    };
  };
  'GET /api/orders': {
    params: undefined;
    query: {
      symbol?: string;
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
      status?: 'intended' | 'sent' | 'filled' | 'rejected' | 'canceled';
      side?: 'buy' | 'sell';
    };
    body: undefined;
    answer: {
      total: number;
      orders: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        account: string;
        client_order_id: string;
        position_uid: string;
        side: 'buy' | 'sell';
        kind: 'market' | 'limit-ioc' | 'stop';
        size_base: string;
        price: string | null;
        stop_price: string | null;
        venue_order_id: string | null;
        status: string;
        reason: string;
        intended_at: string;
        settled_at: string | null;
      }[];
    };
  };
  'GET /api/trades': {
    params: undefined;
    query: {
      symbol?: string;
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
      side?: 'buy' | 'sell';
    };
    body: undefined;
    answer: {
      total: number;
      trades: {
        uid: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        account: string;
        order_uid: string;
        side: 'buy' | 'sell';
        price: string;
        size_base: string;
        fee_quote: string;
        fee_amount: string | null;
        fee_currency: string | null;
        venue_trade_id: string | null;
        filled_at: string;
      }[];
    };
  };
  'GET /api/equity': {
    params: undefined;
    query: {
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      total: number;
      equity: {
        venue: string;
        account: string;
        at: string;
        cash: string;
        positions_value: string;
        equity: string;
      }[];
    };
  };
  'GET /api/reconciliations': {
    params: undefined;
    query: {
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      total: number;
      reconciliations: {
        uid: string;
        venue: string;
        account: string;
        reconciled_at: string;
        trigger: 'start' | 'interval';
        differences: {
          kind: string;
          subject: string;
          finding: string;
          repair: string | null;
        }[];
      }[];
    };
  };
  'POST /api/trading/halt': {
    params: undefined;
    query: undefined;
    body: {
      reason: string;
      close_all?: boolean;
      author?: string;
    };
    answer: {
      halted: boolean;
      halt: {
        cause: 'person' | 'file' | 'drawdown' | 'daily_loss' | 'fault';
        reason: string;
        author: string;
        since: string;
        until: string | null;
        close_all: boolean;
      } | null;
      unsold: {
        uid: string;
        symbol: string;
        reason: string;
      }[];
    };
  };
  'POST /api/trading/resume': {
    params: undefined;
    query: undefined;
    body: {
      author?: string;
    };
    answer: {
      halted: boolean;
      halt: {
        cause: 'person' | 'file' | 'drawdown' | 'daily_loss' | 'fault';
        reason: string;
        author: string;
        since: string;
        until: string | null;
        close_all: boolean;
      } | null;
      unsold: {
        uid: string;
        symbol: string;
        reason: string;
      }[];
    };
  };
  'POST /api/positions/{uid}/close': {
    params: {
      uid: string;
    };
    query: undefined;
    body: {
      author?: string;
    };
    answer: {
      uid: string;
      sold: boolean;
      unsold: {
        uid: string;
        symbol: string;
        reason: string;
      } | null;
    };
  };
  'GET /api/account': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      mode: 'paper' | 'live';
      account: string;
      exchange: string;
      read_at: string | null;
      balances: {
        currency: string;
        free: string;
        held_by_orders: string;
      }[];
      fees: {
        symbol: string;
        maker: string | null;
        taker: string | null;
      } | null;
      rights: {
        trade: boolean | null;
        withdraw: boolean | null;
        sub_account: boolean | null;
        bound_to_address: boolean | null;
        expires_at: string | null;
      } | null;
    };
  };
  'GET /api/backtests': {
    params: undefined;
    query: {
      venue?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      limit?: number;
      offset?: number;
      state?: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
      from?: string;
      to?: string;
    };
    body: undefined;
    answer: {
      total: number;
      backtests: {
        id: string;
        state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
        origin: 'command' | 'job';
        signals: 'fallback' | 'model';
        venue: string | null;
        timeframe: string;
        bot: string;
        symbols: string[] | null;
        from: string | null;
        to: string | null;
        bars: number | null;
        data_hash: string | null;
        settings: Record<string, string | number | boolean> | null;
        progress: number;
        eta_sec: number | null;
        trades: number | null;
        total_return: number | null;
        annual_return: number | null;
        sharpe: number | null;
        sharpe_interval: {
          lower: number;
          upper: number;
        } | null;
        max_drawdown: number | null;
        error: string | null;
        folder: string | null;
        started_at: string;
        ended_at: string | null;
      }[];
    };
  };
  'POST /api/backtests': {
    params: undefined;
    query: undefined;
    body: {
      signals: 'fallback' | 'model';
      retrain?: '7d' | '1d' | '30d' | 'never';
      from?: string;
      to?: string;
      symbols?: string[];
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      settings?: Record<string, string | number | boolean>;
    };
    answer: {
      id: string;
      state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
      origin: 'command' | 'job';
      signals: 'fallback' | 'model';
      venue: string | null;
      timeframe: string;
      bot: string;
      symbols: string[] | null;
      from: string | null;
      to: string | null;
      bars: number | null;
      data_hash: string | null;
      settings: Record<string, string | number | boolean> | null;
      progress: number;
      eta_sec: number | null;
      trades: number | null;
      total_return: number | null;
      annual_return: number | null;
      sharpe: number | null;
      sharpe_interval: {
        lower: number;
        upper: number;
      } | null;
      max_drawdown: number | null;
      error: string | null;
      folder: string | null;
      started_at: string;
      ended_at: string | null;
    };
  };
  'GET /api/backtests/{id}': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      id: string;
      state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
      origin: 'command' | 'job';
      signals: 'fallback' | 'model';
      venue: string | null;
      timeframe: string;
      bot: string;
      symbols: string[] | null;
      from: string | null;
      to: string | null;
      bars: number | null;
      data_hash: string | null;
      settings: Record<string, string | number | boolean> | null;
      progress: number;
      eta_sec: number | null;
      trades: number | null;
      total_return: number | null;
      annual_return: number | null;
      sharpe: number | null;
      sharpe_interval: {
        lower: number;
        upper: number;
      } | null;
      max_drawdown: number | null;
      error: string | null;
      folder: string | null;
      started_at: string;
      ended_at: string | null;
      versions: Record<string, string>;
      seeds: Record<string, string> | null;
      figures: Record<string, unknown> | null;
    };
  };
  'DELETE /api/backtests/{id}': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      id: string;
      message: string;
    };
  };
  'GET /api/backtests/{id}/report': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: string;
  };
  'POST /api/backtests/{id}/cancel': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      id: string;
      state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
      origin: 'command' | 'job';
      signals: 'fallback' | 'model';
      venue: string | null;
      timeframe: string;
      bot: string;
      symbols: string[] | null;
      from: string | null;
      to: string | null;
      bars: number | null;
      data_hash: string | null;
      settings: Record<string, string | number | boolean> | null;
      progress: number;
      eta_sec: number | null;
      trades: number | null;
      total_return: number | null;
      annual_return: number | null;
      sharpe: number | null;
      sharpe_interval: {
        lower: number;
        upper: number;
      } | null;
      max_drawdown: number | null;
      error: string | null;
      folder: string | null;
      started_at: string;
      ended_at: string | null;
    };
  };
  'POST /api/prediction/train': {
    params: undefined;
    query: undefined;
    body: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      wait?: boolean;
    };
    answer: {
      session_id: string;
      job_id: string;
      status: string;
    };
  };
  'POST /api/training/start-auto': {
    params: undefined;
    query: undefined;
    body: {
      symbols?: string[];
      timeframes?: ('1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w')[];
      bots?: string[];
      priority?: 'training-high' | 'training-normal' | 'default' | 'training-low';
    };
    answer: {
      session_id: string;
      queued: number;
      joined: number;
    };
  };
  'GET /api/training/status': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      state: 'idle' | 'running' | 'paused' | 'stopping' | 'stopped';
      is_running: boolean;
      is_paused: boolean;
      paused_by: string[];
      current_training: {
        job_id: string;
        session_id: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot: string;
        stage: string | null;
        progress: number;
        started_at: string | null;
      } | null;
      queue_length: number;
      queues: Record<string, number>;
      completed_count: number;
      failed_count: number;
      cancelled_count: number;
    };
  };
  'POST /api/training/pause': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      state: 'idle' | 'running' | 'paused' | 'stopping' | 'stopped';
      is_running: boolean;
      is_paused: boolean;
      paused_by: string[];
      current_training: {
        job_id: string;
        session_id: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot: string;
        stage: string | null;
        progress: number;
        started_at: string | null;
      } | null;
      queue_length: number;
      queues: Record<string, number>;
      completed_count: number;
      failed_count: number;
      cancelled_count: number;
    };
  };
  'POST /api/training/resume': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      state: 'idle' | 'running' | 'paused' | 'stopping' | 'stopped';
      is_running: boolean;
      is_paused: boolean;
      paused_by: string[];
      current_training: {
        job_id: string;
        session_id: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot: string;
        stage: string | null;
        progress: number;
        started_at: string | null;
      } | null;
      queue_length: number;
      queues: Record<string, number>;
      completed_count: number;
      failed_count: number;
      cancelled_count: number;
    };
  };
  'POST /api/training/stop': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      state: 'idle' | 'running' | 'paused' | 'stopping' | 'stopped';
      is_running: boolean;
      is_paused: boolean;
      paused_by: string[];
      current_training: {
        job_id: string;
        session_id: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot: string;
        stage: string | null;
        progress: number;
        started_at: string | null;
      } | null;
      queue_length: number;
      queues: Record<string, number>;
      completed_count: number;
      failed_count: number;
      cancelled_count: number;
    };
  };
  'POST /api/training/force-stop': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      state: 'idle' | 'running' | 'paused' | 'stopping' | 'stopped';
      is_running: boolean;
      is_paused: boolean;
      paused_by: string[];
      current_training: {
        job_id: string;
        session_id: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot: string;
        stage: string | null;
        progress: number;
        started_at: string | null;
      } | null;
      queue_length: number;
      queues: Record<string, number>;
      completed_count: number;
      failed_count: number;
      cancelled_count: number;
    };
  };
  'GET /api/training/jobs': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      from?: string;
      to?: string;
      limit?: number;
      offset?: number;
      status?: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
    };
    body: undefined;
    answer: {
      total: number;
      jobs: {
        jobId: string;
        symbol: string;
        unifiedSymbol: string;
        timeframe: string;
        bot: string;
        status: string;
        priority: 'training-high' | 'training-normal' | 'default' | 'training-low';
        batch: number;
        cause: string;
        attempt: number;
        stage: string | null;
        progress: number;
        queuedAt: string;
        startedAt: string | null;
        finishedAt: string | null;
        error: string | null;
        modelId: string | null;
        workerId: string | null;
      }[];
    };
  };
  'POST /api/training/jobs/{id}/cancel': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      jobId: string;
      symbol: string;
      unifiedSymbol: string;
      timeframe: string;
      bot: string;
      status: string;
      priority: 'training-high' | 'training-normal' | 'default' | 'training-low';
      batch: number;
      cause: string;
      attempt: number;
      stage: string | null;
      progress: number;
      queuedAt: string;
      startedAt: string | null;
      finishedAt: string | null;
      error: string | null;
      modelId: string | null;
      workerId: string | null;
    };
  };
  'GET /api/training/sessions': {
    params: undefined;
    query: {
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      total: number;
      sessions: {
        sessionId: string;
        kind: 'initial' | 'manual' | 'auto' | 'incremental' | 'full' | 'retry' | 'embedding' | 'experiment';
        name: string;
        status: 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
        priority: 'training-high' | 'training-normal' | 'default' | 'training-low';
        batchSize: number;
        createdAt: string;
        progress: {
          percentage: number;
          current: number;
          total: number;
          etaSeconds: number | null;
          itemsPerMinute: number | null;
        };
        jobsSummary: {
          pending: number;
          running: number;
          completed: number;
          failed: number;
          cancelled: number;
        };
      }[];
    };
  };
  'POST /api/training/sessions': {
    params: undefined;
    query: undefined;
    body: {
      name?: string;
      symbols?: string[];
      timeframes?: ('1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w')[];
      bots?: string[];
      discover?: 'collected';
      count_only?: boolean;
      priority?: 'training-high' | 'training-normal' | 'default' | 'training-low';
      config?: {
        batchSize?: number;
        mode?: 'full' | 'incremental' | 'embedding';
      };
    };
    answer: {
      count: number;
    } | {
      sessionId: string;
      kind: 'initial' | 'manual' | 'auto' | 'incremental' | 'full' | 'retry' | 'embedding' | 'experiment';
      name: string;
      status: 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
      priority: 'training-high' | 'training-normal' | 'default' | 'training-low';
      batchSize: number;
      createdAt: string;
      progress: {
        percentage: number;
        current: number;
        total: number;
        etaSeconds: number | null;
        itemsPerMinute: number | null;
      };
      jobsSummary: {
        pending: number;
        running: number;
        completed: number;
        failed: number;
        cancelled: number;
      };
    };
  };
  'GET /api/training/sessions/{id}': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      sessionId: string;
      kind: 'initial' | 'manual' | 'auto' | 'incremental' | 'full' | 'retry' | 'embedding' | 'experiment';
      name: string;
      status: 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
      priority: 'training-high' | 'training-normal' | 'default' | 'training-low';
      batchSize: number;
      createdAt: string;
      progress: {
        percentage: number;
        current: number;
        total: number;
        etaSeconds: number | null;
        itemsPerMinute: number | null;
      };
      jobsSummary: {
        pending: number;
        running: number;
        completed: number;
        failed: number;
        cancelled: number;
      };
    };
  };
  'POST /api/training/sessions/{id}/start': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      sessionId: string;
      jobId: string | null;
      status: string;
      message: string;
    };
  };
  'POST /api/training/sessions/{id}/pause': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      sessionId: string;
      jobId: string | null;
      status: string;
      message: string;
    };
  };
  'POST /api/training/sessions/{id}/resume': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      sessionId: string;
      jobId: string | null;
      status: string;
      message: string;
    };
  };
  'POST /api/training/sessions/{id}/cancel': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      sessionId: string;
      jobId: string | null;
      status: string;
      message: string;
    };
  };
  'POST /api/training/sessions/{id}/retry-failed': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      sessionId: string;
      jobId: string | null;
      status: string;
      message: string;
    };
  };
  'GET /api/training/sessions/{id}/jobs': {
    params: {
      id: string;
    };
    query: {
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      total: number;
      jobs: {
        jobId: string;
        symbol: string;
        unifiedSymbol: string;
        timeframe: string;
        bot: string;
        status: string;
        priority: 'training-high' | 'training-normal' | 'default' | 'training-low';
        batch: number;
        cause: string;
        attempt: number;
        stage: string | null;
        progress: number;
        queuedAt: string;
        startedAt: string | null;
        finishedAt: string | null;
        error: string | null;
        modelId: string | null;
        workerId: string | null;
      }[];
    };
  };
  'GET /api/training/sessions/{id}/evidence': {
    params: {
      id: string;
    };
    query: {
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      total: number;
      evidence: {
        jobId: string;
        modelId: string | null;
        modelName: string;
        modelVersion: string | null;
        device: string;
        processingTimeMs: number;
        artifactSha256: string | null;
        embeddingChecksum: string | null;
        dataFrom: string | null;
        dataTo: string | null;
        dataHash: string | null;
        libraryVersions: Record<string, string>;
        seed: number | null;
        error: string | null;
        createdAt: string;
      }[];
    };
  };
  'GET /api/experiments': {
    params: undefined;
    query: {
      venue?: string;
      limit?: number;
      offset?: number;
      from?: string;
      to?: string;
    };
    body: undefined;
    answer: {
      total: number;
      experiments: {
        id: string;
        name: string;
        venue: string;
        bot: string;
        symbols: string[];
        timeframes: string[];
        variants: {
          name: string;
          settings: Record<string, string>;
        }[];
        seeds: number[];
        status: 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
        jobs: {
          total: number;
          open: number;
          completed: number;
          failed: number;
          cancelled: number;
        };
        session_id: string;
        cut_at: string;
        created_at: string;
      }[];
    };
  };
  'POST /api/experiments': {
    params: undefined;
    query: undefined;
    body: {
      name: string;
      symbols?: string[];
      timeframes?: ('1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w')[];
      bot?: string;
      variants: {
        name: string;
        settings?: Record<string, string | number | boolean>;
      }[];
      seeds?: number;
    };
    answer: {
      id: string;
      name: string;
      venue: string;
      bot: string;
      symbols: string[];
      timeframes: string[];
      variants: {
        name: string;
        settings: Record<string, string>;
      }[];
      seeds: number[];
      status: 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
      jobs: {
        total: number;
        open: number;
        completed: number;
        failed: number;
        cancelled: number;
      };
      session_id: string;
      cut_at: string;
      created_at: string;
    };
  };
  'GET /api/experiments/{id}': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      id: string;
      name: string;
      venue: string;
      bot: string;
      symbols: string[];
      timeframes: string[];
      variants: {
        name: string;
        settings: Record<string, string>;
      }[];
      seeds: number[];
      status: 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
      jobs: {
        total: number;
        open: number;
        completed: number;
        failed: number;
        cancelled: number;
      };
      session_id: string;
      cut_at: string;
      created_at: string;
      report: {
        control: string;
        means: {
          variant: string;
          jobs: number;
          skill: number | null;
          direction_skill: number | null;
          direction_hit_rate: number | null;
        }[];
        comparisons: {
          variant: string;
          measure: 'skill' | 'direction_skill';
          estimate: number | null;
          lower: number | null;
          upper: number | null;
          p_value: number;
          p_adjusted: number;
          verdict: 'better' | 'worse' | 'no difference shown';
          text: string;
          pairs: number;
          instruments: number;
          days: number;
          by_series: {
            series: string;
            estimate: number | null;
          }[];
        }[];
        left_out: number;
      };
    };
  };
  'POST /api/experiments/{id}/cancel': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      id: string;
      name: string;
      venue: string;
      bot: string;
      symbols: string[];
      timeframes: string[];
      variants: {
        name: string;
        settings: Record<string, string>;
      }[];
      seeds: number[];
      status: 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
      jobs: {
        total: number;
        open: number;
        completed: number;
        failed: number;
        cancelled: number;
      };
      session_id: string;
      cut_at: string;
      created_at: string;
    };
  };
  'GET /api/models/shadow': {
    params: undefined;
    query: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      venue?: string;
      limit?: number;
      offset?: number;
      status?: 'training' | 'answering' | 'failed' | 'promoted' | 'removed';
    };
    body: undefined;
    answer: {
      total: number;
      shadows: {
        id: string;
        symbol: string;
        unified_symbol: string;
        venue: string;
        timeframe: string;
        bot_name: string;
        experiment_id: string;
        variant: string;
        status: 'training' | 'answering' | 'failed' | 'promoted' | 'removed';
        reason: string | null;
        model_uid: string | null;
        trained_at: string | null;
        verdict: {
          gate: string;
          is_promoted: boolean;
          reason: string;
        } | null;
        live: {
          candles: number;
          compared: number;
          shadow: {
            skill: number | null;
            direction_skill: number | null;
          };
          serving: {
            skill: number | null;
            direction_skill: number | null;
          };
          difference: {
            estimate: number | null;
            lower: number | null;
            upper: number | null;
            p_value: number;
            days: number;
          };
          text: string;
        } | null;
        created_at: string;
        ended_at: string | null;
      }[];
    };
  };
  'POST /api/models/shadow': {
    params: undefined;
    query: undefined;
    body: {
      symbol?: string;
      timeframe?: '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '6h' | '8h' | '12h' | '1d' | '1w';
      bot?: string;
      experiment: string;
      variant: string;
    };
    answer: {
      id: string;
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot_name: string;
      experiment_id: string;
      variant: string;
      status: 'training' | 'answering' | 'failed' | 'promoted' | 'removed';
      reason: string | null;
      model_uid: string | null;
      trained_at: string | null;
      verdict: {
        gate: string;
        is_promoted: boolean;
        reason: string;
      } | null;
      live: {
        candles: number;
        compared: number;
        shadow: {
          skill: number | null;
          direction_skill: number | null;
        };
        serving: {
          skill: number | null;
          direction_skill: number | null;
        };
        difference: {
          estimate: number | null;
          lower: number | null;
          upper: number | null;
          p_value: number;
          days: number;
        };
        text: string;
      } | null;
      created_at: string;
      ended_at: string | null;
    };
  };
  'POST /api/models/shadow/{id}/promote': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      id: string;
      serving_uid: string;
      trained_at: string;
    };
  };
  'DELETE /api/models/shadow/{id}': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      id: string;
      symbol: string;
      unified_symbol: string;
      venue: string;
      timeframe: string;
      bot_name: string;
      experiment_id: string;
      variant: string;
      status: 'training' | 'answering' | 'failed' | 'promoted' | 'removed';
      reason: string | null;
      model_uid: string | null;
      trained_at: string | null;
      verdict: {
        gate: string;
        is_promoted: boolean;
        reason: string;
      } | null;
      live: {
        candles: number;
        compared: number;
        shadow: {
          skill: number | null;
          direction_skill: number | null;
        };
        serving: {
          skill: number | null;
          direction_skill: number | null;
        };
        difference: {
          estimate: number | null;
          lower: number | null;
          upper: number | null;
          p_value: number;
          days: number;
        };
        text: string;
      } | null;
      created_at: string;
      ended_at: string | null;
    };
  };
  'GET /api/workers': {
    params: undefined;
    query: {
      limit?: number;
      offset?: number;
    };
    body: undefined;
    answer: {
      total: number;
      workers: {
        id: string;
        host: string;
        pid: number;
        venue: string;
        version: string;
        catalogue: string;
        cores: number;
        memory_mb: number;
        accelerator: string | null;
        queues: ('training-high' | 'training-normal' | 'default' | 'training-low')[];
        concurrency: number;
        bots: string[];
        status: 'working' | 'refused' | 'stopped';
        reason: string | null;
        alive: boolean;
        silent_seconds: number;
        started_at: string;
      }[];
    };
  };
  'GET /api/events': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: string;
  };
  'GET /api/logs': {
    params: undefined;
    query: {
      level?: 'debug' | 'info' | 'warn' | 'error';
      text?: string;
      job?: string;
      limit?: number;
    };
    body: undefined;
    answer: {
      lines: {
        id: number;
        time: string;
        level: 'debug' | 'info' | 'warn' | 'error';
        message: string;
        fields: Record<string, unknown>;
      }[];
    };
  };
  'GET /api/logs/stream': {
    params: undefined;
    query: {
      level?: 'debug' | 'info' | 'warn' | 'error';
      text?: string;
      job?: string;
    };
    body: undefined;
    answer: string;
  };
  'GET /api/settings': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      settings: {
        name: string;
        group: string;
        value: string | null;
        default: string | null;
        origin: string;
        is_secret: boolean;
        of_variants: boolean;
        unit: string | null;
        clock: 'market' | 'wall' | null;
        expected: string;
        help: string;
      }[];
    };
  };
}
