package events

import "slices"

// The platforms that content is known to be published on.
const (
	PlatformFacebook   = "facebook"
	PlatformInstagram  = "instagram"
	PlatformLinkedIn   = "linkedin"
	PlatformTwitter    = "twitter"
	PlatformBlog       = "blog"
	PlatformNewsletter = "newsletter"
)

// Platforms are all platforms that are known.
func Platforms() []string { return append(SocialPlatforms(), PlatformBlog, PlatformNewsletter) }

// SocialPlatforms are the platforms that are social networks.
func SocialPlatforms() []string {
	return []string{PlatformFacebook, PlatformInstagram, PlatformLinkedIn, PlatformTwitter}
}

// IsSocialPlatform tells whether a platform, or the provider of a sync, is a social network.
func IsSocialPlatform(platform string) bool { return slices.Contains(SocialPlatforms(), platform) }

// ContentPublished says that a piece of content is out on one platform.
type ContentPublished struct {
	ContentID      string  `json:"contentId" doc:"What was published."`
	UserID         string  `json:"userId" doc:"The agent whose content it is."`
	ContentType    string  `json:"contentType" doc:"The kind of content."`
	Platform       string  `json:"platform" doc:"Where it was published."`
	PublishedAt    Instant `json:"publishedAt" doc:"When it was published."`
	ScheduleID     string  `json:"scheduleId,omitempty" doc:"The schedule that asked for it."`
	PlatformPostID string  `json:"platformPostId,omitempty" doc:"The platform's own id of the post."`
	PublishedURL   string  `json:"publishedUrl,omitempty" doc:"Where the post can be seen."`
	TraceID        string  `json:"traceId,omitempty" doc:"The producer's own trace."`
}

// DetailType is "Content Published".
func (ContentPublished) DetailType() string { return "Content Published" }

// Source is "bayon.coagent.content".
func (ContentPublished) Source() string { return sourceContent }

// Identity is the content, the platform and the time.
func (f ContentPublished) Identity() string {
	return identityOf(f.ContentID, f.Platform, f.PublishedAt.String())
}

// Validate returns nil or an *InvalidError.
func (f ContentPublished) Validate() error {
	var found findings
	found.id("contentId", f.ContentID)
	found.id("userId", f.UserID)
	found.name("contentType", f.ContentType)
	found.name("platform", f.Platform)
	found.instant("publishedAt", f.PublishedAt)
	found.optionalID("scheduleId", f.ScheduleID)
	found.optionalID("platformPostId", f.PlatformPostID)
	found.optionalText("publishedUrl", f.PublishedURL)
	found.optionalID("traceId", f.TraceID)
	return found.of(f)
}

func contentPublishedEntry() Entry {
	return entryOf(Entry{
		Description: "A piece of content is out on one platform.",
		PublishedBy: []string{OtherServices, publishScheduledContent},
		Identity:    []string{"contentId", "platform", "publishedAt"},
		Known:       map[string][]string{"platform": Platforms()},
	}, ContentPublished{
		ContentID:      "content-42",
		UserID:         "user-7f3a",
		ContentType:    "social_media",
		Platform:       PlatformLinkedIn,
		PublishedAt:    exampleTime(),
		ScheduleID:     "schedule-9",
		PlatformPostID: "urn:li:share:7132",
		PublishedURL:   "https://www.linkedin.com/feed/update/urn:li:share:7132",
		TraceID:        "1-691edca8-5f84d2c1e3b7a9d0c6f41e28",
	})
}

// ContentPublishFailed says that a scheduled piece of content could not be published on some platforms, for good.
type ContentPublishFailed struct {
	ContentID  string   `json:"contentId" doc:"What was to be published."`
	ScheduleID string   `json:"scheduleId" doc:"The schedule that asked for it."`
	UserID     string   `json:"userId" doc:"The agent whose content it is."`
	Platforms  []string `json:"platforms" doc:"The platforms that it could not be published on."`
	Error      string   `json:"error" doc:"Why, in words that the agent understands."`
	FailedAt   Instant  `json:"failedAt" doc:"When the last try failed."`
}

// DetailType is "Content Publish Failed".
func (ContentPublishFailed) DetailType() string { return "Content Publish Failed" }

// Source is "bayon.coagent.content".
func (ContentPublishFailed) Source() string { return sourceContent }

// Identity is the schedule and the time.
func (f ContentPublishFailed) Identity() string {
	return identityOf(f.ScheduleID, f.FailedAt.String())
}

// Validate returns nil or an *InvalidError.
func (f ContentPublishFailed) Validate() error {
	var found findings
	found.id("contentId", f.ContentID)
	found.id("scheduleId", f.ScheduleID)
	found.id("userId", f.UserID)
	found.names("platforms", f.Platforms)
	found.text("error", f.Error)
	found.instant("failedAt", f.FailedAt)
	return found.of(f)
}

func contentPublishFailedEntry() Entry {
	return entryOf(Entry{
		Description: "A scheduled piece of content could not be published on some platforms, for good.",
		PublishedBy: []string{publishScheduledContent},
		Identity:    []string{"scheduleId", "failedAt"},
		Known:       map[string][]string{"platforms": Platforms()},
	}, ContentPublishFailed{
		ContentID:  "content-42",
		ScheduleID: "schedule-9",
		UserID:     "user-7f3a",
		Platforms:  []string{PlatformInstagram, PlatformFacebook},
		Error:      "Instagram needs at least one image.",
		FailedAt:   exampleTime(),
	})
}
