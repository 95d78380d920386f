// Package console is how people and programs look at the running local cloud and steer it: what stands under /_bayon/ of
// its endpoint, and the client that the command uses.
package console

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

// Cloud is the running local cloud, as the console sees it.
type Cloud interface {
	Health() Health
	// InFlight lists in words what is under way: deliveries, invocations, and retries that wait for their time.
	InFlight() []string
	// Activities yields what has happened since a time, oldest first, and if follow is set goes on with what happens
	// until ctx ends.
	Activities(ctx context.Context, since time.Time, follow bool) iter.Seq[activity.Activity]
	// PreviewReplay tells what a replay of an archive's events in [from, to) would bring to rules, given by their ARNs; to all
	// if there are none.
	PreviewReplay(archive string, from, to time.Time, rules []string) (bus.Preview, error)
	// Mails returns the mail that was sent, oldest first.
	Mails() ([]mailbox.Mail, error)
	// Posts returns what was posted to social networks, oldest first.
	Posts() ([]social.Post, error)
	// Permissions tells what the roles of the stack did, and what they were refused.
	Permissions() iam.Report
	// Stop ends the local cloud in order.
	Stop()
}

// Ready is the status of a local cloud whose functions all wait for events.
const Ready = "ready"

// Health tells how the local cloud is.
type Health struct {
	Status      string            `json:"status"` // Ready, or starting
	Functions   map[string]string `json:"functions"`
	Endpoint    string            `json:"endpoint"`
	Environment string            `json:"environment"`
	Bus         string            `json:"bus"`
	Table       string            `json:"table"`
	Process     int               `json:"process"`
}

type inFlight struct {
	InFlight []string `json:"inFlight"`
}

// The console's paths.
const (
	Prefix         = "/_bayon/"
	pathHealth     = Prefix + "health"
	pathInFlight   = Prefix + "in-flight"
	pathActivities = Prefix + "activities"
	pathPreview    = Prefix + "replay-preview"
	pathMail       = Prefix + "mail"
	pathSocial     = Prefix + "social"
	pathRoles      = Prefix + "permissions"
	pathStop       = Prefix + "stop"
)

// Handler serves the console of a cloud.
func Handler(cloud Cloud) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathHealth, func(w http.ResponseWriter, _ *http.Request) {
		health := cloud.Health()
		status := http.StatusOK
		if health.Status != Ready {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, health)
	})
	mux.HandleFunc("GET "+pathInFlight, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, inFlight{InFlight: cloud.InFlight()})
	})
	mux.HandleFunc("GET "+pathActivities, func(w http.ResponseWriter, r *http.Request) { activities(cloud, w, r) })
	mux.HandleFunc("GET "+pathPreview, func(w http.ResponseWriter, r *http.Request) { preview(cloud, w, r) })
	mux.HandleFunc("GET "+pathMail, func(w http.ResponseWriter, _ *http.Request) {
		mails, err := cloud.Mails()
		answerAll(w, mails, err)
	})
	mux.HandleFunc("GET "+pathSocial, func(w http.ResponseWriter, _ *http.Request) {
		posts, err := cloud.Posts()
		answerAll(w, posts, err)
	})
	mux.HandleFunc("GET "+pathRoles, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, cloud.Permissions())
	})
	mux.HandleFunc("POST "+pathStop, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusAccepted, struct{}{})
		go cloud.Stop() // it waits for this request to end
	})
	return mux
}

// preview answers what a replay would bring.
func preview(cloud Cloud, w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	from, wrongFrom := time.Parse(time.RFC3339, query.Get("from"))
	to, wrongTo := time.Parse(time.RFC3339, query.Get("to"))
	if wrongFrom != nil || wrongTo != nil {
		http.Error(w, "from and to must be dates and times in ISO-8601", http.StatusBadRequest)
		return
	}
	found, err := cloud.PreviewReplay(query.Get("archive"), from, to, query["rule"])
	answerAll(w, found, err)
}

// activities streams one JSON object a line.
func activities(cloud Cloud, w http.ResponseWriter, r *http.Request) {
	since := time.Now()
	if text := r.URL.Query().Get("since"); text != "" {
		parsed, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			http.Error(w, "since must be a date and time in ISO-8601", http.StatusBadRequest)
			return
		}
		since = parsed
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	flusher := http.NewResponseController(w)
	if flusher.Flush() != nil {
		return
	}
	encoder := json.NewEncoder(w)
	for happened := range cloud.Activities(r.Context(), since, r.URL.Query().Get("follow") == "true") {
		if encoder.Encode(happened) != nil || flusher.Flush() != nil {
			return // the reader is gone
		}
	}
}

// answerAll answers what was read, or why it could not be.
func answerAll(w http.ResponseWriter, all any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, all)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may be gone
}
