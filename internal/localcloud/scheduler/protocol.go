package scheduler

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Handler serves the operations ListSchedules and GetSchedule. Schedules come from the template, so the operations that
// change them are refused.
//
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html
func (s *Scheduler) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /schedules", answering(s.listSchedules))
	mux.HandleFunc("GET /schedules/{name}", answering(s.getSchedule))
	mux.HandleFunc("/", answering(func(r *http.Request) (any, error) {
		return nil, awsapi.Errorf("UnknownOperationException", "The local cloud does not support %s %s of Scheduler.", r.Method, r.URL.Path)
	}))
	return mux
}

// answering serves one operation of the REST protocol.
func answering(operation func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := operation(r)
		status := http.StatusOK
		header := w.Header()
		if err != nil {
			refusal := &awsapi.Error{Status: http.StatusInternalServerError, Code: "InternalServerException", Message: err.Error()}
			errors.As(err, &refusal)
			status, answer = refusal.Status, map[string]string{"Message": refusal.Message}
			header.Set("X-Amzn-Errortype", refusal.Code)
		}
		header.Set("Content-Type", "application/json")
		header.Set("X-Amzn-Requestid", uuid.NewString())
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // the client is gone: nothing is left to tell it
	}
}

type scheduleSummary struct {
	Arn                  string
	CreationDate         int64 // epoch seconds
	GroupName            string
	LastModificationDate int64
	Name                 string
	State                string
	Target               targetSummary
}

type targetSummary struct{ Arn string }

func (e *entry) state() string {
	if e.Enabled {
		return "ENABLED"
	}
	return "DISABLED"
}

func (s *Scheduler) listSchedules(r *http.Request) (any, error) {
	query := r.URL.Query()
	limit, err := pageSize(query.Get("MaxResults"))
	if err != nil {
		return nil, err
	}
	var all []scheduleSummary
	for _, e := range s.all() {
		if !strings.HasPrefix(e.Name, query.Get("NamePrefix")) || !fits(e.Group, query.Get("ScheduleGroup")) ||
			!fits(e.state(), query.Get("State")) || e.ARN <= query.Get("NextToken") {
			continue
		}
		created := e.clock.Created.Unix()
		all = append(all, scheduleSummary{
			Arn: e.ARN, CreationDate: created, GroupName: e.Group, LastModificationDate: created, Name: e.Name,
			State: e.state(), Target: targetSummary{e.TargetARN},
		})
	}
	slices.SortFunc(all, func(a, b scheduleSummary) int { return strings.Compare(a.Arn, b.Arn) })
	answer := struct {
		NextToken string `json:",omitempty"` // the ARN that the page ends with
		Schedules []scheduleSummary
	}{Schedules: all[:min(limit, len(all)):len(all)]}
	if len(all) > limit {
		answer.NextToken = all[limit-1].Arn
	}
	if all == nil {
		answer.Schedules = []scheduleSummary{}
	}
	return answer, nil
}

// fits tells whether a value is the one asked for, if one is.
func fits(value, wanted string) bool { return wanted == "" || value == wanted }

const maxPageSize = 100

func pageSize(written string) (int, error) {
	if written == "" {
		return maxPageSize, nil
	}
	size, err := strconv.Atoi(written)
	if err != nil || size < 1 || size > maxPageSize {
		return 0, awsapi.Errorf("ValidationException", "MaxResults must be between 1 and %d.", maxPageSize)
	}
	return size, nil
}

func (s *Scheduler) getSchedule(r *http.Request) (any, error) {
	name, group := r.PathValue("name"), r.URL.Query().Get("groupName")
	if group == "" {
		group = "default"
	}
	for _, e := range s.all() {
		if e.Name == name && e.Group == group {
			return e.describe(), nil
		}
	}
	return nil, notFound(name)
}

func (e *entry) describe() map[string]any {
	target := map[string]any{
		"Arn": e.TargetARN, "RoleArn": e.RoleARN, "Input": e.Input,
		"RetryPolicy": map[string]any{
			"MaximumEventAgeInSeconds": int(e.Retry.MaximumEventAge.Seconds()),
			"MaximumRetryAttempts":     e.Retry.MaximumRetryAttempts,
		},
	}
	if e.DeadLetterARN != "" {
		target["DeadLetterConfig"] = map[string]any{"Arn": e.DeadLetterARN}
	}
	created := e.clock.Created.Unix()
	answer := map[string]any{
		"Arn": e.ARN, "Name": e.Name, "GroupName": e.Group, "Description": e.Description, "State": e.state(),
		"ScheduleExpression": e.Expression, "ScheduleExpressionTimezone": e.TimeZone,
		"FlexibleTimeWindow": map[string]any{"Mode": "OFF"}, "ActionAfterCompletion": "NONE",
		"CreationDate": created, "LastModificationDate": created, "Target": target,
	}
	if !e.Start.IsZero() {
		answer["StartDate"] = e.Start.Unix()
	}
	if !e.End.IsZero() {
		answer["EndDate"] = e.End.Unix()
	}
	return answer
}
