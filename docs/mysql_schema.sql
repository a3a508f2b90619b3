-- The schema of Evenkeel for MySQL 8.0 and MariaDB 10.6 or newer, for an empty server:
--
--   mysql -u root -p < docs/mysql_schema.sql
--
-- It makes what the daemon would make by itself with AUTO_CREATE_SCHEMA=true, and notes the steps as
-- taken, so that later updates go on from here. It may be run again (on MySQL 8 with --force). Then
-- give the daemon's user its rights (with AUTO_CREATE_SCHEMA=false the first four are enough):
--
--   CREATE USER 'evenkeel'@'%' IDENTIFIED BY '...';
--   GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW,
--     SHOW VIEW ON `evenkeel`.* TO 'evenkeel'@'%';
--
-- Another name for the database: change it in the two statements below. Another one for the candle
-- table (MYSQL_MARKET_DATA_TABLE): change `market_data` in the two statements that name it.
--
-- This file is generated from migrations/: npm run docs.

SET NAMES utf8mb4;

CREATE DATABASE IF NOT EXISTS `evenkeel` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

USE `evenkeel`;

CREATE TABLE IF NOT EXISTS evenkeel_migrations (
  name VARCHAR(64) NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `series` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `market_id` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `birth_open_time` BIGINT NULL,
  `has_volume` TINYINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`venue`, `symbol`, `timeframe`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `market_data` (
  `series_id` BIGINT NOT NULL,
  `open_time` BIGINT NOT NULL,
  `open` DOUBLE NOT NULL,
  `high` DOUBLE NOT NULL,
  `low` DOUBLE NOT NULL,
  `close` DOUBLE NOT NULL,
  `volume` DOUBLE NOT NULL,
  `revision` SMALLINT NOT NULL,
  `source` TINYINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`series_id`, `open_time`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW market_data_named AS SELECT s.venue, s.symbol, s.timeframe, m.open_time, m.open, m.high, m.low, m.close, m.volume, m.revision, (CASE m.source WHEN 0 THEN 'rest' WHEN 1 THEN 'csv' ELSE 'ticker' END) COLLATE utf8mb4_bin AS source, TIMESTAMPADD(SECOND, m.open_time DIV 1000, '1970-01-01 00:00:00') AS open_at FROM `market_data` m JOIN series s ON s.id = m.series_id;

CREATE TABLE IF NOT EXISTS `known_gaps` (
  `series_id` BIGINT NOT NULL,
  `from_open_time` BIGINT NOT NULL,
  `to_open_time` BIGINT NOT NULL,
  `reason` VARCHAR(64) NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`series_id`, `from_open_time`),
  FOREIGN KEY (`series_id`) REFERENCES `series` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `quarantined_candles` (
  `series_id` BIGINT NOT NULL,
  `open_time` BIGINT NOT NULL,
  `candle` MEDIUMTEXT NOT NULL,
  `reason` MEDIUMTEXT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`series_id`, `open_time`),
  FOREIGN KEY (`series_id`) REFERENCES `series` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `real_time_prices` (
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `venue_time` BIGINT NOT NULL,
  `bid` VARCHAR(96) NOT NULL,
  `ask` VARCHAR(96) NOT NULL,
  `last` VARCHAR(96) NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`venue`, `symbol`, `venue_time`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `model_training_records` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot_name` VARCHAR(64) NOT NULL,
  `job_uid` VARCHAR(26) NOT NULL,
  `parent_uid` VARCHAR(26) NULL,
  `stage` VARCHAR(64) NOT NULL,
  `status` VARCHAR(64) NOT NULL,
  `serving_key` VARCHAR(400) NULL,
  `trained_at` BIGINT NOT NULL,
  `training_duration_seconds` DOUBLE NOT NULL,
  `data_points_used` BIGINT NOT NULL,
  `training_period` VARCHAR(64) NOT NULL,
  `epochs` BIGINT NULL,
  `training_loss` DOUBLE NULL,
  `validation_loss` DOUBLE NULL,
  `test_rmse` DOUBLE NULL,
  `test_mae` DOUBLE NULL,
  `test_rows` BIGINT NULL,
  `test_log_loss` DOUBLE NULL,
  `test_prior_log_loss` DOUBLE NULL,
  `test_skill` DOUBLE NULL,
  `test_skill_lower` DOUBLE NULL,
  `test_skill_upper` DOUBLE NULL,
  `test_direction_rows` BIGINT NULL,
  `test_direction_skill` DOUBLE NULL,
  `test_direction_skill_lower` DOUBLE NULL,
  `test_direction_skill_upper` DOUBLE NULL,
  `test_directional_auc` DOUBLE NULL,
  `test_accuracy` DOUBLE NULL,
  `test_macro_f1` DOUBLE NULL,
  `test_calibration_error` DOUBLE NULL,
  `verdict_gate` VARCHAR(64) NULL,
  `verdict_is_promoted` TINYINT NULL,
  `verdict_reason` MEDIUMTEXT NULL,
  `model_path` VARCHAR(255) NULL,
  `model_size_mb` DOUBLE NULL,
  `manifest_sha256` VARCHAR(64) NULL,
  `feature_hash` VARCHAR(255) NULL,
  `catalogue_hash` VARCHAR(255) NULL,
  `features` MEDIUMTEXT NOT NULL,
  `reference_symbol` VARCHAR(191) NULL,
  `horizon_bars` BIGINT NOT NULL,
  `threshold_sell` DOUBLE NULL,
  `threshold_buy` DOUBLE NULL,
  `class_mean_returns` MEDIUMTEXT NULL,
  `class_weights` MEDIUMTEXT NULL,
  `class_distribution` MEDIUMTEXT NULL,
  `sanitization` MEDIUMTEXT NULL,
  `selected_at` BIGINT NULL,
  `data_end` BIGINT NULL,
  `error_message` MEDIUMTEXT NULL,
  `config` MEDIUMTEXT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`serving_key`),
  KEY `i0` (`symbol`, `timeframe`, `bot_name`),
  KEY `i1` (`venue`, `symbol`, `timeframe`, `bot_name`, `trained_at`),
  KEY `i2` (`trained_at`),
  KEY `i3` (`status`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `predictions` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `model_uid` VARCHAR(26) NOT NULL,
  `feature_hash` VARCHAR(255) NOT NULL,
  `candle_open_time` BIGINT NOT NULL,
  `p_sell` DOUBLE NOT NULL,
  `p_hold` DOUBLE NOT NULL,
  `p_buy` DOUBLE NOT NULL,
  `expected_return` DOUBLE NOT NULL,
  `latency_us` DOUBLE NOT NULL,
  `predicted_at` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`model_uid`, `candle_open_time`, `symbol`),
  KEY `i0` (`venue`, `symbol`, `timeframe`, `bot`, `candle_open_time`),
  KEY `i1` (`candle_open_time`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `signals` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `candle_open_time` BIGINT NOT NULL,
  `origin` VARCHAR(26) NOT NULL,
  `source` VARCHAR(64) NOT NULL,
  `close` DOUBLE NOT NULL,
  `prediction` VARCHAR(64) NOT NULL,
  `confidence` DOUBLE NOT NULL,
  `signaled_at` BIGINT NOT NULL,
  `supersedes_uid` VARCHAR(26) NULL,
  `model_uid` VARCHAR(26) NULL,
  `prediction_uid` VARCHAR(26) NULL,
  `p_sell` DOUBLE NULL,
  `p_hold` DOUBLE NULL,
  `p_buy` DOUBLE NULL,
  `expected_move` DOUBLE NULL,
  `fallback_reason` VARCHAR(64) NULL,
  `fallback_sma_14` DOUBLE NULL,
  `fallback_sma_50` DOUBLE NULL,
  `fallback_rsi_14` DOUBLE NULL,
  `outcome_return` DOUBLE NULL,
  `outcome_class` VARCHAR(64) NULL,
  `resolved_at` BIGINT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`venue`, `symbol`, `timeframe`, `bot`, `candle_open_time`, `origin`),
  KEY `i0` (`venue`, `symbol`, `timeframe`, `bot`, `resolved_at`, `candle_open_time`),
  KEY `i1` (`venue`, `candle_open_time`),
  KEY `i2` (`candle_open_time`),
  KEY `i3` (`model_uid`, `candle_open_time`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `decisions` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `signal_uid` VARCHAR(26) NOT NULL,
  `candle_open_time` BIGINT NOT NULL,
  `action` VARCHAR(64) NOT NULL,
  `reason` MEDIUMTEXT NOT NULL,
  `is_advisory` TINYINT NOT NULL,
  `position_uid` VARCHAR(26) NULL,
  `decided_at` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`signal_uid`),
  KEY `i0` (`venue`, `symbol`, `timeframe`, `bot`, `candle_open_time`),
  KEY `i1` (`venue`, `candle_open_time`),
  KEY `i2` (`candle_open_time`),
  KEY `i3` (`position_uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `accounts` (
  `venue` VARCHAR(128) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `currency` VARCHAR(64) NOT NULL,
  `initial_equity` VARCHAR(96) NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`venue`, `account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `positions` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `status` VARCHAR(64) NOT NULL,
  `decision_uid` VARCHAR(26) NOT NULL,
  `size_base` VARCHAR(96) NOT NULL,
  `sold_base` VARCHAR(96) NULL,
  `entry_price` VARCHAR(96) NULL,
  `exit_price` VARCHAR(96) NULL,
  `stop_price` VARCHAR(96) NULL,
  `target_price` VARCHAR(96) NULL,
  `hold_until` BIGINT NULL,
  `exit_reason` VARCHAR(64) NULL,
  `realized_pnl` VARCHAR(96) NULL,
  `opened_at` BIGINT NOT NULL,
  `closed_at` BIGINT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`venue`, `account`, `status`, `opened_at`),
  KEY `i1` (`venue`, `account`, `opened_at`),
  KEY `i2` (`venue`, `symbol`, `opened_at`),
  KEY `i3` (`opened_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `orders` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `client_order_id` VARCHAR(64) NOT NULL,
  `position_uid` VARCHAR(26) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `side` VARCHAR(64) NOT NULL,
  `kind` VARCHAR(64) NOT NULL,
  `size_base` VARCHAR(96) NOT NULL,
  `price` VARCHAR(96) NULL,
  `stop_price` VARCHAR(96) NULL,
  `venue_order_id` VARCHAR(255) NULL,
  `status` VARCHAR(64) NOT NULL,
  `reason` MEDIUMTEXT NOT NULL,
  `intended_at` BIGINT NOT NULL,
  `settled_at` BIGINT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`client_order_id`),
  KEY `i0` (`venue`, `account`, `status`, `intended_at`),
  KEY `i1` (`venue`, `account`, `status`, `settled_at`),
  KEY `i2` (`venue`, `symbol`, `intended_at`),
  KEY `i3` (`position_uid`),
  KEY `i4` (`intended_at`),
  FOREIGN KEY (`position_uid`) REFERENCES `positions` (`uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `fills` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `order_uid` VARCHAR(26) NOT NULL,
  `sequence` BIGINT NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `side` VARCHAR(64) NOT NULL,
  `price` VARCHAR(96) NOT NULL,
  `size_base` VARCHAR(96) NOT NULL,
  `fee_quote` VARCHAR(96) NOT NULL,
  `fee_amount` VARCHAR(96) NULL,
  `fee_currency` VARCHAR(64) NULL,
  `venue_trade_id` VARCHAR(64) NULL,
  `filled_at` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`order_uid`, `sequence`),
  UNIQUE KEY `u2` (`venue`, `account`, `symbol`, `venue_trade_id`),
  KEY `i0` (`venue`, `account`, `filled_at`),
  KEY `i1` (`venue`, `symbol`, `filled_at`),
  KEY `i2` (`filled_at`),
  FOREIGN KEY (`order_uid`) REFERENCES `orders` (`uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `equity` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `venue` VARCHAR(128) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `at` BIGINT NOT NULL,
  `cash` VARCHAR(96) NOT NULL,
  `positions_value` VARCHAR(96) NOT NULL,
  `equity` VARCHAR(96) NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`venue`, `account`, `at`),
  KEY `i0` (`at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `training_sessions` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `kind` VARCHAR(64) NOT NULL,
  `name` VARCHAR(255) NOT NULL,
  `config` MEDIUMTEXT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `training_jobs` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `session_uid` VARCHAR(26) NOT NULL,
  `status` VARCHAR(64) NOT NULL,
  `open_key` VARCHAR(400) NULL,
  `cause` VARCHAR(64) NOT NULL,
  `attempt` BIGINT NOT NULL,
  `owner_run_uid` VARCHAR(26) NULL,
  `stage` VARCHAR(255) NULL,
  `progress_pct` DOUBLE NOT NULL,
  `queued_at` BIGINT NOT NULL,
  `started_at` BIGINT NULL,
  `finished_at` BIGINT NULL,
  `error_code` VARCHAR(64) NULL,
  `error_message` MEDIUMTEXT NULL,
  `model_uid` VARCHAR(26) NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`open_key`),
  KEY `i0` (`status`, `queued_at`),
  KEY `i1` (`session_uid`),
  KEY `i2` (`venue`, `symbol`, `timeframe`, `bot`, `queued_at`),
  KEY `i3` (`queued_at`),
  FOREIGN KEY (`session_uid`) REFERENCES `training_sessions` (`uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `training_evidence` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `job_uid` VARCHAR(26) NOT NULL,
  `model_uid` VARCHAR(26) NULL,
  `model_name` VARCHAR(255) NOT NULL,
  `model_version` VARCHAR(255) NULL,
  `device` VARCHAR(64) NOT NULL,
  `processing_time_ms` DOUBLE NOT NULL,
  `artifact_sha256` VARCHAR(64) NULL,
  `embedding_checksum` VARCHAR(64) NULL,
  `data_from` BIGINT NULL,
  `data_to` BIGINT NULL,
  `data_hash` VARCHAR(255) NULL,
  `library_versions` MEDIUMTEXT NOT NULL,
  `seed` BIGINT NULL,
  `error` MEDIUMTEXT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`job_uid`),
  KEY `i1` (`model_uid`),
  FOREIGN KEY (`job_uid`) REFERENCES `training_jobs` (`uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `training_cooldowns` (
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `kind` VARCHAR(64) NOT NULL,
  `until` BIGINT NOT NULL,
  `not_before_open_time` BIGINT NULL,
  `reason` MEDIUMTEXT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`venue`, `symbol`, `timeframe`, `bot`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `runs` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `version` VARCHAR(64) NOT NULL,
  `settings_hash` VARCHAR(64) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `pid` BIGINT NOT NULL,
  `host` VARCHAR(255) NOT NULL,
  `started_at` BIGINT NOT NULL,
  `ended_at` BIGINT NULL,
  `exit_reason` MEDIUMTEXT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`started_at`),
  KEY `i1` (`ended_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `leases` (
  `venue` VARCHAR(128) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `holder` VARCHAR(255) NOT NULL,
  `expires_at` BIGINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  PRIMARY KEY (`venue`, `account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `training_sessions`
  ADD COLUMN /*M! IF NOT EXISTS */ `status` VARCHAR(64) NOT NULL DEFAULT 'running',
  ADD COLUMN /*M! IF NOT EXISTS */ `priority` VARCHAR(64) NOT NULL DEFAULT 'default',
  ADD COLUMN /*M! IF NOT EXISTS */ `batch_size` BIGINT NOT NULL DEFAULT 25,
  ADD COLUMN /*M! IF NOT EXISTS */ `joined_jobs` MEDIUMTEXT NULL;

ALTER TABLE `training_jobs`
  ADD COLUMN /*M! IF NOT EXISTS */ `priority` VARCHAR(64) NOT NULL DEFAULT 'default',
  ADD COLUMN /*M! IF NOT EXISTS */ `batch` BIGINT NOT NULL DEFAULT 1,
  ADD COLUMN /*M! IF NOT EXISTS */ `turn_at` BIGINT NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS `training_control` (
  `venue` VARCHAR(128) NOT NULL,
  `is_paused` TINYINT NOT NULL,
  `is_stopped` TINYINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`venue`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `model_pins` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `model_uid` VARCHAR(26) NULL,
  `pinned_at` BIGINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`venue`, `symbol`, `timeframe`, `bot`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `pooled_models` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `timeframe` VARCHAR(64) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `session_uid` VARCHAR(26) NOT NULL,
  `job_uid` VARCHAR(26) NOT NULL,
  `status` VARCHAR(64) NOT NULL,
  `attempt` BIGINT NOT NULL,
  `reason` MEDIUMTEXT NULL,
  `trained_at` BIGINT NULL,
  `cut_at` BIGINT NULL,
  `data_end` BIGINT NULL,
  `features` MEDIUMTEXT NOT NULL,
  `selected_at` BIGINT NULL,
  `selected_by` VARCHAR(64) NULL,
  `catalogue_hash` VARCHAR(255) NULL,
  `reference_symbol` VARCHAR(191) NULL,
  `horizon_bars` BIGINT NOT NULL,
  `members` MEDIUMTEXT NOT NULL,
  `model_path` VARCHAR(255) NULL,
  `manifest_sha256` VARCHAR(64) NULL,
  `config` MEDIUMTEXT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`session_uid`, `timeframe`, `bot`),
  KEY `i0` (`venue`, `timeframe`, `bot`, `status`, `trained_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `model_training_records`
  ADD COLUMN /*M! IF NOT EXISTS */ `test_r2` DOUBLE NULL,
  ADD COLUMN /*M! IF NOT EXISTS */ `test_persistence_rmse` DOUBLE NULL,
  ADD COLUMN /*M! IF NOT EXISTS */ `test_persistence_mae` DOUBLE NULL;

CREATE TABLE IF NOT EXISTS `item_attributes` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `name` VARCHAR(64) NOT NULL,
  `value` VARCHAR(255) NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`venue`, `symbol`, `name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `training_jobs`
  ADD COLUMN /*M! IF NOT EXISTS */ `mode` VARCHAR(64) NOT NULL DEFAULT 'full';

CREATE TABLE IF NOT EXISTS `training_schedules` (
  `venue` VARCHAR(128) NOT NULL,
  `name` VARCHAR(64) NOT NULL,
  `rule` VARCHAR(255) NOT NULL,
  `settled_until` BIGINT NOT NULL,
  `session_uid` VARCHAR(26) NULL,
  `is_concluded` TINYINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`venue`, `name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `model_drift` (
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `model_uid` VARCHAR(26) NOT NULL,
  `checked_at` BIGINT NOT NULL,
  `retrained_at` BIGINT NULL,
  `report` MEDIUMTEXT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`venue`, `symbol`, `timeframe`, `bot`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `series`
  ADD COLUMN /*M! IF NOT EXISTS */ `grid_offset_ms` BIGINT NULL;

ALTER TABLE `known_gaps`
  ADD COLUMN /*M! IF NOT EXISTS */ `noted_at` BIGINT NULL,
  ADD COLUMN /*M! IF NOT EXISTS */ `asked_at` BIGINT NULL;

CREATE TABLE IF NOT EXISTS `backtests` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `state` VARCHAR(64) NOT NULL,
  `origin` VARCHAR(64) NOT NULL,
  `ask` MEDIUMTEXT NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `versions` MEDIUMTEXT NOT NULL,
  `place` VARCHAR(255) NOT NULL,
  `progress` DOUBLE NOT NULL,
  `venue` VARCHAR(128) NULL,
  `data_hash` VARCHAR(64) NULL,
  `from_time` BIGINT NULL,
  `to_time` BIGINT NULL,
  `symbols` MEDIUMTEXT NULL,
  `bars` BIGINT NULL,
  `settings` MEDIUMTEXT NULL,
  `seeds` MEDIUMTEXT NULL,
  `figures` MEDIUMTEXT NULL,
  `sharpe` DOUBLE NULL,
  `error` MEDIUMTEXT NULL,
  `folder` MEDIUMTEXT NULL,
  `is_deleted` TINYINT NOT NULL,
  `started_at` BIGINT NOT NULL,
  `ended_at` BIGINT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`started_at`),
  KEY `i1` (`data_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `halts` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `cause` VARCHAR(64) NOT NULL,
  `reason` MEDIUMTEXT NOT NULL,
  `author` VARCHAR(64) NOT NULL,
  `halted_at` BIGINT NOT NULL,
  `until` BIGINT NULL,
  `is_close_all` TINYINT NOT NULL,
  `resumed_at` BIGINT NULL,
  `resumed_by` VARCHAR(64) NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`venue`, `account`, `resumed_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `positions`
  ADD COLUMN /*M! IF NOT EXISTS */ `trailing_price` VARCHAR(96) NULL,
  ADD COLUMN /*M! IF NOT EXISTS */ `trailing_at` BIGINT NULL;

ALTER TABLE `runs`
  ADD COLUMN /*M! IF NOT EXISTS */ `settings` MEDIUMTEXT NULL;

CREATE TABLE IF NOT EXISTS `notifications` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `exchange` VARCHAR(64) NOT NULL,
  `channel` VARCHAR(64) NOT NULL,
  `notification_key` VARCHAR(255) NOT NULL,
  `event` VARCHAR(64) NOT NULL,
  `level` VARCHAR(64) NOT NULL,
  `title` MEDIUMTEXT NOT NULL,
  `body` MEDIUMTEXT NOT NULL,
  `data` MEDIUMTEXT NOT NULL,
  `noted_at` BIGINT NOT NULL,
  `due_at` BIGINT NOT NULL,
  `sent_at` BIGINT NULL,
  `status` VARCHAR(64) NOT NULL,
  `message_uid` VARCHAR(26) NULL,
  `attempts` BIGINT NOT NULL,
  `last_error` MEDIUMTEXT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`exchange`, `channel`, `notification_key`),
  KEY `i0` (`exchange`, `channel`, `status`),
  KEY `i1` (`status`, `noted_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `reconciliations` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `trigger_reason` VARCHAR(64) NOT NULL,
  `differences` MEDIUMTEXT NOT NULL,
  `reconciled_at` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`venue`, `account`, `reconciled_at`),
  KEY `i1` (`reconciled_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `workers` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `host` VARCHAR(255) NOT NULL,
  `pid` BIGINT NOT NULL,
  `version` VARCHAR(64) NOT NULL,
  `catalogue_hash` VARCHAR(255) NOT NULL,
  `cores` BIGINT NOT NULL,
  `memory_mb` BIGINT NOT NULL,
  `accelerator` VARCHAR(255) NULL,
  `queues` MEDIUMTEXT NOT NULL,
  `concurrency` BIGINT NOT NULL,
  `status` VARCHAR(64) NOT NULL,
  `reason` MEDIUMTEXT NULL,
  `started_at` BIGINT NOT NULL,
  `seen_at` BIGINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`venue`, `started_at`),
  KEY `i1` (`seen_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `training_notices` (
  `venue` VARCHAR(128) NOT NULL,
  `version` VARCHAR(64) NOT NULL,
  `catalogue_hash` VARCHAR(255) NOT NULL,
  `options` MEDIUMTEXT NOT NULL,
  `folder_mark` VARCHAR(64) NOT NULL,
  `has_files` TINYINT NOT NULL,
  `is_paused` TINYINT NOT NULL,
  `market_ms` BIGINT NOT NULL,
  `speed` DOUBLE NOT NULL,
  `told_at` BIGINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  PRIMARY KEY (`venue`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `artifacts` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `manifest_sha256` VARCHAR(64) NOT NULL,
  `sha256` VARCHAR(64) NOT NULL,
  `put_at` BIGINT NOT NULL,
  `removing_at` BIGINT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`manifest_sha256`, `sha256`),
  KEY `i0` (`sha256`),
  KEY `i1` (`put_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `experiments` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `name` VARCHAR(255) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `symbols` MEDIUMTEXT NOT NULL,
  `timeframes` MEDIUMTEXT NOT NULL,
  `variants` MEDIUMTEXT NOT NULL,
  `seeds` MEDIUMTEXT NOT NULL,
  `session_uid` VARCHAR(26) NOT NULL,
  `cut_at` BIGINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`venue`, `created_at`),
  KEY `i1` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `experiment_trials` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `experiment_uid` VARCHAR(26) NOT NULL,
  `purpose` VARCHAR(64) NOT NULL,
  `variant` VARCHAR(255) NOT NULL,
  `seed` BIGINT NOT NULL,
  `cut_at` BIGINT NULL,
  `options` MEDIUMTEXT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`uid`),
  KEY `i0` (`experiment_uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `experiment_scores` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `job_uid` VARCHAR(26) NOT NULL,
  `experiment_uid` VARCHAR(26) NOT NULL,
  `trial_uid` VARCHAR(26) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `rows_hash` VARCHAR(255) NOT NULL,
  `days` MEDIUMTEXT NOT NULL,
  `scored_at` BIGINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`job_uid`),
  UNIQUE KEY `u1` (`trial_uid`, `symbol`, `timeframe`),
  KEY `i0` (`experiment_uid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `training_jobs`
  ADD COLUMN /*M! IF NOT EXISTS */ `trial_uid` VARCHAR(26) NULL;

CREATE TABLE IF NOT EXISTS `shadow_models` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `uid` VARCHAR(26) NOT NULL,
  `venue` VARCHAR(128) NOT NULL,
  `symbol` VARCHAR(191) NOT NULL,
  `timeframe` VARCHAR(8) NOT NULL,
  `bot` VARCHAR(64) NOT NULL,
  `experiment_uid` VARCHAR(26) NOT NULL,
  `variant` VARCHAR(255) NOT NULL,
  `trial_uid` VARCHAR(26) NOT NULL,
  `status` VARCHAR(64) NOT NULL,
  `reason` MEDIUMTEXT NULL,
  `record` MEDIUMTEXT NULL,
  `model_path` VARCHAR(255) NULL,
  `manifest_sha256` VARCHAR(64) NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  `ended_at` BIGINT NULL,
  UNIQUE KEY `u0` (`uid`),
  UNIQUE KEY `u1` (`trial_uid`),
  KEY `i0` (`venue`, `symbol`, `timeframe`, `bot`, `status`),
  KEY `i1` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS `shadow_answers` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `shadow_uid` VARCHAR(26) NOT NULL,
  `candle_open_time` BIGINT NOT NULL,
  `p_sell` DOUBLE NOT NULL,
  `p_hold` DOUBLE NOT NULL,
  `p_buy` DOUBLE NOT NULL,
  `expected_return` DOUBLE NOT NULL,
  `latency_us` DOUBLE NOT NULL,
  `answered_at` BIGINT NOT NULL,
  `row_version` BIGINT NOT NULL,
  `created_at` BIGINT NOT NULL,
  UNIQUE KEY `u0` (`shadow_uid`, `candle_open_time`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE INDEX /*M! IF NOT EXISTS */ `training_jobs_by_turn` ON `training_jobs` (`status`, `turn_at`, `queued_at`, `id`);

ALTER TABLE `workers`
  ADD COLUMN /*M! IF NOT EXISTS */ `bots` MEDIUMTEXT NULL;

ALTER TABLE `decisions`
  ADD COLUMN /*M! IF NOT EXISTS */ `quotes_at` BIGINT NULL;

ALTER TABLE `training_notices`
  ADD COLUMN /*M! IF NOT EXISTS */ `wall_ms` BIGINT NOT NULL DEFAULT 0;

ALTER TABLE `series`
  ADD COLUMN /*M! IF NOT EXISTS */ `size_step` VARCHAR(96) NULL,
  ADD COLUMN /*M! IF NOT EXISTS */ `price_tick` VARCHAR(96) NULL,
  ADD COLUMN /*M! IF NOT EXISTS */ `min_size` VARCHAR(96) NULL,
  ADD COLUMN /*M! IF NOT EXISTS */ `min_cost` VARCHAR(96) NULL;

ALTER TABLE `backtests`
  ADD COLUMN /*M! IF NOT EXISTS */ `eta_sec` BIGINT NULL;

ALTER TABLE `series`
  ADD COLUMN /*M! IF NOT EXISTS */ `max_size` VARCHAR(96) NULL,
  ADD COLUMN /*M! IF NOT EXISTS */ `max_cost` VARCHAR(96) NULL;

CREATE INDEX /*M! IF NOT EXISTS */ `training_jobs_by_queue` ON `training_jobs` (`status`, `priority`, `turn_at`, `queued_at`, `id`);

INSERT IGNORE INTO evenkeel_migrations (name, applied_at) VALUES
  ('0001_series', 0),
  ('0002_market_data', 0),
  ('0003_market_data_named', 0),
  ('0004_known_gaps', 0),
  ('0005_quarantined_candles', 0),
  ('0006_real_time_prices', 0),
  ('0007_model_training_records', 0),
  ('0008_predictions', 0),
  ('0009_signals', 0),
  ('0010_decisions', 0),
  ('0011_accounts', 0),
  ('0012_positions', 0),
  ('0013_orders', 0),
  ('0014_fills', 0),
  ('0015_equity', 0),
  ('0016_training_sessions', 0),
  ('0017_training_jobs', 0),
  ('0018_training_evidence', 0),
  ('0019_training_cooldowns', 0),
  ('0020_runs', 0),
  ('0021_leases', 0),
  ('0022_session_queue', 0),
  ('0023_job_queue', 0),
  ('0024_training_control', 0),
  ('0030_model_pins', 0),
  ('0031_pooled_models', 0),
  ('0032_regression_scores', 0),
  ('0033_item_attributes', 0),
  ('0035_job_mode', 0),
  ('0036_training_schedules', 0),
  ('0037_model_drift', 0),
  ('0038_grid_offset', 0),
  ('0039_gap_questions', 0),
  ('0040_backtests', 0),
  ('0041_halts', 0),
  ('0042_trailing_stop', 0),
  ('0043_run_settings', 0),
  ('0049_notifications', 0),
  ('0050_reconciliations', 0),
  ('0051_workers', 0),
  ('0052_training_notices', 0),
  ('0053_artifacts', 0),
  ('0054_experiments', 0),
  ('0055_experiment_trials', 0),
  ('0056_experiment_scores', 0),
  ('0057_job_trial', 0),
  ('0058_shadow_models', 0),
  ('0059_shadow_answers', 0),
  ('0060_job_turns', 0),
  ('0061_worker_bots', 0),
  ('0062_decision_quotes', 0),
  ('0063_notice_wall', 0),
  ('0064_order_rules', 0),
  ('0065_backtest_eta', 0),
  ('0066_largest_orders', 0),
  ('0067_job_queue_turns', 0);
