package publication_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bayon-coagent/event-consumers/functions/publish-scheduled-content/publication"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/socialenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/idempotency"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// function is the whole function, as Lambda invokes it, on the world's table and bus.
func (w *world) function(networks *socialenv.Networks) (*consumer.Consumer, *observer.ObservedLogs) {
	var tokens int
	core, logs := observer.New(zapcore.DebugLevel)
	platform := &awsenv.Platform{Table: table.New(w.Client, platformtest.Table), Publisher: w.Bus.Publisher(), Now: w.Now}
	return consumer.New(consumer.Config{
		Function: "publish-scheduled-content", Environment: "development", Logger: zap.New(core), Metrics: io.Discard, Now: w.Now,
		Once: idempotency.NewRecords(w.Client, platformtest.IdempotencyTable, w.Now, func() string { tokens++; return fmt.Sprint(tokens) }),
	}, publication.Handlers(platform, networks)...), logs
}

// facebook stands for the Graph API, and keeps the posts. cut lets the connection be cut after a post was read.
type facebook struct {
	mu    sync.Mutex
	posts []string
	auth  []string
	cut   bool
}

func (f *facebook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.auth = append(f.auth, r.Header.Get("Authorization"))
	if r.Method == http.MethodGet {
		var found []map[string]string
		for i, post := range f.posts {
			found = append(found, map[string]string{
				"id": fmt.Sprintf("page-1_%d", i+1), "message": post, "created_time": "2026-11-24T15:30:06+0000",
				"permalink_url": "https://www.facebook.com/page-1/posts/1",
			})
		}
		json.NewEncoder(w).Encode(map[string]any{"data": found})
		return
	}
	body, _ := io.ReadAll(r.Body)
	f.posts = append(f.posts, "Come and see A\n\n#home")
	if !strings.Contains(string(body), "Come and see A") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if f.cut {
		f.cut = false
		connection, _, _ := w.(http.Hijacker).Hijack()
		connection.Close()
		return
	}
	fmt.Fprintf(w, `{"id":"page-1_%d"}`, len(f.posts))
}

func realNetworks(t *testing.T, address string) *socialenv.Networks {
	t.Helper()
	t.Setenv("FACEBOOK_BASE_URL", address)
	t.Setenv("FACEBOOK_VERSION", "v23.0")
	t.Setenv("LINKEDIN_VERSION", "202606")
	networks, err := socialenv.Load(&awsenv.Platform{Function: "publish-scheduled-content", AWS: aws.Config{Region: "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	return networks
}

// Each sample event goes through the whole function, from what Lambda delivers to what Facebook gets; twice, as may happen.
func TestSamplesThroughTheWholeFunction(t *testing.T) {
	for name, cut := range map[string]bool{"all goes well": false, "the answer is cut": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.pass(time.Date(2026, 11, 24, 15, 30, 5, 0, time.UTC).Sub(w.Now()))
			graph := &facebook{cut: cut}
			server := httptest.NewServer(graph)
			defer server.Close()
			function, logs := w.function(realNetworks(t, server.URL))
			w.scheduleFor("agent-maria", "A", channels("facebook/page-1", "blog"), fields{"metadata": fields{"hashtags": []string{"home"}}})
			w.putOf("agent-maria", "SOCIAL#FACEBOOK", "SocialConnection", fields{"provider": "FACEBOOK", "accessToken": "secret-token"})
			samples, err := filepath.Glob("../testdata/*.json")
			if err != nil || len(samples) != 3 {
				t.Fatalf("%d samples, error %v", len(samples), err)
			}
			for range 2 {
				for _, sample := range samples {
					payload, err := os.ReadFile(sample)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := function.Invoke(t.Context(), payload); err != nil {
						t.Errorf("%s: %v", sample, err)
					}
				}
			}
			if ended := logs.FilterMessage("invocation ended"); ended.Len() != 6 || ended.FilterField(zap.String("outcome", "ignored")).Len() > 0 {
				t.Errorf("%d invocations, of which %d were ignored", ended.Len(), ended.FilterField(zap.String("outcome", "ignored")).Len())
			}
			if len(graph.posts) != 1 || graph.auth[0] != "Bearer secret-token" {
				t.Errorf("posted %q, by %q", graph.posts, graph.auth)
			}
			w.wantTold("A on facebook", "A failed on [blog]: Blog: ")
			for _, entry := range logs.All() {
				if text := fmt.Sprint(entry.Message, entry.ContextMap()); strings.Contains(text, "secret-token") || strings.Contains(text, "Come and see") {
					t.Errorf("logged: %s", text)
				}
			}
		})
	}
}

// putOf stores an item of any agent.
func (w *world) putOf(userID, sort, entityType string, data fields) {
	w.t.Helper()
	err := table.New(w.Client, platformtest.Table).Save(context.Background(), table.Save{
		Key: table.UserKey(userID, sort), EntityType: entityType, Data: data, Now: w.Now(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
