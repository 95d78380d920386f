package events

import "strings"

// JobType is the kind of an AI job. It is read in both spellings, market_update and market-update, and written with
// underscores.
type JobType string

// The kinds of AI jobs.
const (
	JobBlogPost           JobType = "blog_post"
	JobSocialMedia        JobType = "social_media"
	JobListingDescription JobType = "listing_description"
	JobMarketUpdate       JobType = "market_update"
)

// JobTypes are the kinds of AI jobs that there are.
func JobTypes() []JobType {
	return []JobType{JobBlogPost, JobSocialMedia, JobListingDescription, JobMarketUpdate}
}

// MarshalText writes the kind with underscores.
func (t JobType) MarshalText() ([]byte, error) { return []byte(t.normalised()), nil }

// UnmarshalText reads both spellings.
func (t *JobType) UnmarshalText(text []byte) error {
	*t = JobType(text).normalised()
	return nil
}

func (t JobType) normalised() JobType { return JobType(strings.ReplaceAll(string(t), "-", "_")) }

// AIJobCompleted says that an AI job has made its text.
type AIJobCompleted struct {
	JobID       string  `json:"jobId" doc:"The job."`
	UserID      string  `json:"userId" doc:"The agent whom it works for."`
	JobType     JobType `json:"jobType" doc:"The kind of job. Hyphens instead of underscores are accepted."`
	Status      string  `json:"status" doc:"How the job ended."`
	CompletedAt Instant `json:"completedAt" doc:"When the job ended."`
	TraceID     string  `json:"traceId,omitempty" doc:"The producer's own trace."`
}

// DetailType is "AI Job Completed".
func (AIJobCompleted) DetailType() string { return "AI Job Completed" }

// Source is "bayon.coagent.ai".
func (AIJobCompleted) Source() string { return sourceAI }

// Identity is the job.
func (f AIJobCompleted) Identity() string { return identityOf(f.JobID) }

// Validate returns nil or an *InvalidError.
func (f AIJobCompleted) Validate() error {
	var found findings
	found.id("jobId", f.JobID)
	found.id("userId", f.UserID)
	found.jobType("jobType", f.JobType)
	found.oneOf("status", f.Status, StatusCompleted)
	found.instant("completedAt", f.CompletedAt)
	found.optionalID("traceId", f.TraceID)
	return found.of(f)
}

func aiJobCompletedEntry() Entry {
	return entryOf(Entry{
		Description: "An AI job has made its text.",
		PublishedBy: []string{OtherServices},
		Identity:    []string{"jobId"},
		Values:      map[string][]string{"jobType": jobTypeNames(), "status": {StatusCompleted}},
		Spellings:   map[string][]string{"jobType": hyphenated(jobTypeNames())},
	}, AIJobCompleted{
		JobID:       "job-318",
		UserID:      "user-7f3a",
		JobType:     JobMarketUpdate,
		Status:      StatusCompleted,
		CompletedAt: exampleTime(),
		TraceID:     "1-691edca8-5f84d2c1e3b7a9d0c6f41e28",
	})
}

// AIJobFailed says that an AI job has ended without a text.
type AIJobFailed struct {
	JobID       string  `json:"jobId" doc:"The job."`
	UserID      string  `json:"userId" doc:"The agent whom it works for."`
	JobType     JobType `json:"jobType" doc:"The kind of job. Hyphens instead of underscores are accepted."`
	Status      string  `json:"status" doc:"How the job ended."`
	CompletedAt Instant `json:"completedAt" doc:"When the job ended."`
	Error       string  `json:"error" doc:"Why the job failed."`
	TraceID     string  `json:"traceId,omitempty" doc:"The producer's own trace."`
}

// DetailType is "AI Job Failed".
func (AIJobFailed) DetailType() string { return "AI Job Failed" }

// Source is "bayon.coagent.ai".
func (AIJobFailed) Source() string { return sourceAI }

// Identity is the job and the time: a job may fail, run again and fail again.
func (f AIJobFailed) Identity() string { return identityOf(f.JobID, f.CompletedAt.String()) }

// Validate returns nil or an *InvalidError.
func (f AIJobFailed) Validate() error {
	var found findings
	found.id("jobId", f.JobID)
	found.id("userId", f.UserID)
	found.jobType("jobType", f.JobType)
	found.oneOf("status", f.Status, StatusFailed)
	found.instant("completedAt", f.CompletedAt)
	found.text("error", f.Error)
	found.optionalID("traceId", f.TraceID)
	return found.of(f)
}

func aiJobFailedEntry() Entry {
	return entryOf(Entry{
		Description: "An AI job has ended without a text.",
		PublishedBy: []string{OtherServices},
		Identity:    []string{"jobId", "completedAt"},
		Values:      map[string][]string{"jobType": jobTypeNames(), "status": {StatusFailed}},
		Spellings:   map[string][]string{"jobType": hyphenated(jobTypeNames())},
	}, AIJobFailed{
		JobID:       "job-318",
		UserID:      "user-7f3a",
		JobType:     JobBlogPost,
		Status:      StatusFailed,
		CompletedAt: exampleTime(),
		Error:       "The model did not answer in time.",
		TraceID:     "1-691edca8-5f84d2c1e3b7a9d0c6f41e28",
	})
}

// jobType demands a kind of job that there is, in either spelling.
func (f *findings) jobType(field string, value JobType) {
	f.oneOf(field, string(value.normalised()), jobTypeNames()...)
}

func jobTypeNames() []string {
	var names []string
	for _, jobType := range JobTypes() {
		names = append(names, string(jobType))
	}
	return names
}

func hyphenated(names []string) []string {
	var spelled []string
	for _, name := range names {
		if other := strings.ReplaceAll(name, "_", "-"); other != name {
			spelled = append(spelled, other)
		}
	}
	return spelled
}

// AIJob is how an AI job ended, for producers who have the status as data.
type AIJob struct {
	JobID       string
	UserID      string
	JobType     JobType
	Status      string // completed or failed
	CompletedAt Instant
	Error       string // of a failed job
	TraceID     string
}

// Fact is AIJobCompleted or AIJobFailed, as the status says. Any other status is an *InvalidError.
func (j AIJob) Fact() (Fact, error) {
	switch j.Status {
	case StatusCompleted:
		return AIJobCompleted{
			JobID: j.JobID, UserID: j.UserID, JobType: j.JobType, Status: j.Status, CompletedAt: j.CompletedAt, TraceID: j.TraceID,
		}, nil
	case StatusFailed:
		return AIJobFailed(j), nil
	}
	return nil, unknownStatus("AI Job")
}
