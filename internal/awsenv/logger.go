package awsenv

import (
	"io"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger writes one JSON line a message with the field names that Lambda's own logs have, and no sampling.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func newLogger(output io.Writer, level string) *zap.Logger {
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey:        "timestamp",
		LevelKey:       "level",
		MessageKey:     "message",
		EncodeTime:     zapcore.RFC3339NanoTimeEncoder,
		EncodeLevel:    encodeLevel,
		EncodeDuration: encodeMilliseconds,
	})
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(output)), levelOf(level)))
}

// encodeLevel writes the levels that Lambda knows; a level it does not know would count as INFO.
func encodeLevel(level zapcore.Level, encoder zapcore.PrimitiveArrayEncoder) {
	switch {
	case level < zapcore.InfoLevel:
		encoder.AppendString("DEBUG")
	case level < zapcore.WarnLevel:
		encoder.AppendString("INFO")
	case level < zapcore.ErrorLevel:
		encoder.AppendString("WARN")
	case level == zapcore.ErrorLevel:
		encoder.AppendString("ERROR")
	default:
		encoder.AppendString("FATAL")
	}
}

// encodeMilliseconds writes a duration with its fraction: many handlings last less than one millisecond.
func encodeMilliseconds(duration time.Duration, encoder zapcore.PrimitiveArrayEncoder) {
	encoder.AppendFloat64(float64(duration.Microseconds()) / 1000)
}

// levelOf reads AWS_LAMBDA_LOG_LEVEL, which Lambda sets from the template; otherwise INFO.
func levelOf(level string) zapcore.Level {
	switch level {
	case "TRACE", "DEBUG":
		return zapcore.DebugLevel
	case "WARN":
		return zapcore.WarnLevel
	case "ERROR":
		return zapcore.ErrorLevel
	case "FATAL":
		return zapcore.FatalLevel
	}
	return zapcore.InfoLevel
}
