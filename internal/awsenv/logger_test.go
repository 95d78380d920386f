package awsenv

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
)

func TestLinesHaveLambdasFields(t *testing.T) {
	t.Parallel()
	for level, want := range map[zapcore.Level]string{
		zapcore.DebugLevel: "DEBUG", zapcore.InfoLevel: "INFO", zapcore.WarnLevel: "WARN", zapcore.ErrorLevel: "ERROR", zapcore.DPanicLevel: "FATAL",
	} {
		var output bytes.Buffer
		newLogger(&output, "DEBUG").Log(level, "something happened")
		var line map[string]any
		if err := json.Unmarshal(output.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line["level"] != want || line["message"] != "something happened" {
			t.Errorf("%s is written as %s", level, output.Bytes())
		}
		if _, err := time.Parse(time.RFC3339Nano, line["timestamp"].(string)); err != nil {
			t.Error(err)
		}
	}
}

func TestLevelComesFromLambda(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]zapcore.Level{
		"": zapcore.InfoLevel, "TRACE": zapcore.DebugLevel, "DEBUG": zapcore.DebugLevel, "INFO": zapcore.InfoLevel,
		"WARN": zapcore.WarnLevel, "ERROR": zapcore.ErrorLevel, "FATAL": zapcore.FatalLevel, "loud": zapcore.InfoLevel,
	} {
		if got := levelOf(level); got != want {
			t.Errorf("%q is %s, want %s", level, got, want)
		}
	}
}
