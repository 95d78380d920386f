package mail

import (
	"net/url"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// The failures that an agent is told of. Each is the fact that tells of it.
type (
	// PublishFailed says that content could not be published on some platforms.
	PublishFailed events.ContentPublishFailed
	// JobFailed says that a text could not be written.
	JobFailed events.AIJobFailed
	// SyncFailed says that a sync with a provider has broken off.
	SyncFailed events.IntegrationSyncFailed
)

// failure is what the templates of failures tell of.
type failure struct {
	What   string // the platforms, the kind of text or the provider, in words; may be empty
	Reason string // may be empty
	When   string
	MLS    bool // whether a provider is the agent's MLS
}

// Kind is failures.
func (PublishFailed) Kind() string { return KindFailures }

// Path is the content's page.
func (f PublishFailed) Path() string { return "/content/" + url.PathEscape(f.ContentID) }

func (PublishFailed) name() string { return "content-publish-failed" }

func (f PublishFailed) about(zone *time.Location) any {
	var platforms []string
	for _, platform := range f.Platforms {
		if name := platformName(platform); name != "" && !slices.Contains(platforms, name) {
			platforms = append(platforms, name)
		}
	}
	return failure{
		What:   line(enumerated(platforms), maxBrief),
		Reason: line(f.Error, maxReason),
		When:   whenever(f.FailedAt, zone),
	}
}

// Kind is failures.
func (JobFailed) Kind() string { return KindFailures }

// Path is the page where content is made.
func (JobFailed) Path() string { return "/content" }

func (JobFailed) name() string { return "ai-job-failed" }

func (f JobFailed) about(zone *time.Location) any {
	return failure{What: jobName(f.JobType), Reason: line(f.Error, maxReason), When: whenever(f.CompletedAt, zone)}
}

// Kind is failures.
func (SyncFailed) Kind() string { return KindFailures }

// Path is the page of the agent's connections.
func (SyncFailed) Path() string { return "/settings/integrations" }

func (SyncFailed) name() string { return "integration-sync-failed" }

func (f SyncFailed) about(zone *time.Location) any {
	return failure{
		What:   providerName(f.Provider),
		Reason: line(f.Error, maxReason),
		When:   whenever(f.CompletedAt, zone),
		MLS:    events.IsMLSProvider(f.Provider),
	}
}

func whenever(at events.Instant, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return moment(at.Time, zone)
}

// PlatformName is what people call a platform, if it is known.
func PlatformName(platform string) (name string, known bool) {
	switch platform {
	case events.PlatformFacebook:
		return "Facebook", true
	case events.PlatformInstagram:
		return "Instagram", true
	case events.PlatformLinkedIn:
		return "LinkedIn", true
	case events.PlatformTwitter:
		return "X", true
	case events.PlatformBlog:
		return "your blog", true
	case events.PlatformNewsletter:
		return "your newsletter", true
	}
	return "", false
}

// ProviderName is what people call a provider of an integration, if it is known.
func ProviderName(provider string) (name string, known bool) {
	switch {
	case events.IsMLSProvider(provider):
		return "your MLS", true
	case provider == events.ProviderGoogle:
		return "Google", true
	}
	return PlatformName(provider)
}

// platformName names a platform. One that is not known keeps its name.
func platformName(platform string) string {
	if name, known := PlatformName(platform); known {
		return name
	}
	return line(platform, maxBrief)
}

// providerName names a provider. One that is not known keeps its name.
func providerName(provider string) string {
	if name, known := ProviderName(provider); known {
		return name
	}
	return line(provider, maxBrief)
}

// jobName is what people call the text that a job writes. One that is not known is a text.
func jobName(jobType events.JobType) string {
	switch jobType {
	case events.JobBlogPost:
		return "blog post"
	case events.JobSocialMedia:
		return "social media post"
	case events.JobListingDescription:
		return "listing description"
	case events.JobMarketUpdate:
		return "market update"
	}
	return "text"
}
