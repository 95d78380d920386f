package events

import "slices"

// The providers that integrations are known to sync with; the social platforms are providers too.
const (
	ProviderMLS               = "mls"
	ProviderMLSGrid           = "mlsgrid"
	ProviderBridgeInteractive = "bridgeInteractive"
	ProviderGoogle            = "google"
)

// MLSProviders are the providers that bring the listings of a multiple listing service.
func MLSProviders() []string {
	return []string{ProviderMLS, ProviderMLSGrid, ProviderBridgeInteractive}
}

// Providers are all providers that are known.
func Providers() []string {
	return append(append(MLSProviders(), ProviderGoogle), SocialPlatforms()...)
}

// IsMLSProvider tells whether a provider brings the listings of a multiple listing service.
func IsMLSProvider(provider string) bool { return slices.Contains(MLSProviders(), provider) }

// IntegrationSyncCompleted says that a sync with a provider has brought what was new.
type IntegrationSyncCompleted struct {
	SyncID      string  `json:"syncId" doc:"The sync."`
	UserID      string  `json:"userId" doc:"The agent whose data was synced."`
	Provider    string  `json:"provider" doc:"Whom it was synced with."`
	Status      string  `json:"status" doc:"How the sync ended."`
	CompletedAt Instant `json:"completedAt" doc:"When the sync ended."`
	ItemsSynced *int64  `json:"itemsSynced,omitempty" minimum:"0" doc:"How many items it brought."`
	TraceID     string  `json:"traceId,omitempty" doc:"The producer's own trace."`
}

// DetailType is "Integration Sync Completed".
func (IntegrationSyncCompleted) DetailType() string { return "Integration Sync Completed" }

// Source is "bayon.coagent.integration".
func (IntegrationSyncCompleted) Source() string { return sourceIntegration }

// Identity is the sync.
func (f IntegrationSyncCompleted) Identity() string { return identityOf(f.SyncID) }

// Validate returns nil or an *InvalidError.
func (f IntegrationSyncCompleted) Validate() error {
	var found findings
	found.id("syncId", f.SyncID)
	found.id("userId", f.UserID)
	found.name("provider", f.Provider)
	found.oneOf("status", f.Status, StatusCompleted)
	found.instant("completedAt", f.CompletedAt)
	if f.ItemsSynced != nil && *f.ItemsSynced < 0 {
		found.add("itemsSynced", "must not be negative")
	}
	found.optionalID("traceId", f.TraceID)
	return found.of(f)
}

func integrationSyncCompletedEntry() Entry {
	return entryOf(Entry{
		Description: "A sync with a provider has brought what was new.",
		PublishedBy: []string{OtherServices, syncSocialAnalytics},
		Identity:    []string{"syncId"},
		Values:      map[string][]string{"status": {StatusCompleted}},
		Known:       map[string][]string{"provider": Providers()},
	}, IntegrationSyncCompleted{
		SyncID:      "sync-1024",
		UserID:      "user-7f3a",
		Provider:    ProviderMLSGrid,
		Status:      StatusCompleted,
		CompletedAt: exampleTime(),
		ItemsSynced: new(int64(128)),
		TraceID:     "1-691edca8-5f84d2c1e3b7a9d0c6f41e28",
	})
}

// IntegrationSyncFailed says that a sync with a provider has broken off.
type IntegrationSyncFailed struct {
	SyncID      string  `json:"syncId" doc:"The sync."`
	UserID      string  `json:"userId" doc:"The agent whose data was to be synced."`
	Provider    string  `json:"provider" doc:"Whom it was to be synced with."`
	Status      string  `json:"status" doc:"How the sync ended."`
	CompletedAt Instant `json:"completedAt" doc:"When the sync ended."`
	Error       string  `json:"error" doc:"Why the sync failed."`
	TraceID     string  `json:"traceId,omitempty" doc:"The producer's own trace."`
}

// DetailType is "Integration Sync Failed".
func (IntegrationSyncFailed) DetailType() string { return "Integration Sync Failed" }

// Source is "bayon.coagent.integration".
func (IntegrationSyncFailed) Source() string { return sourceIntegration }

// Identity is the sync.
func (f IntegrationSyncFailed) Identity() string { return identityOf(f.SyncID) }

// Validate returns nil or an *InvalidError.
func (f IntegrationSyncFailed) Validate() error {
	var found findings
	found.id("syncId", f.SyncID)
	found.id("userId", f.UserID)
	found.name("provider", f.Provider)
	found.oneOf("status", f.Status, StatusFailed)
	found.instant("completedAt", f.CompletedAt)
	found.text("error", f.Error)
	found.optionalID("traceId", f.TraceID)
	return found.of(f)
}

func integrationSyncFailedEntry() Entry {
	return entryOf(Entry{
		Description: "A sync with a provider has broken off.",
		PublishedBy: []string{OtherServices, syncSocialAnalytics},
		Identity:    []string{"syncId"},
		Values:      map[string][]string{"status": {StatusFailed}},
		Known:       map[string][]string{"provider": Providers()},
	}, IntegrationSyncFailed{
		SyncID:      "sync-1024",
		UserID:      "user-7f3a",
		Provider:    PlatformFacebook,
		Status:      StatusFailed,
		CompletedAt: exampleTime(),
		Error:       "The connection to Facebook has expired.",
		TraceID:     "1-691edca8-5f84d2c1e3b7a9d0c6f41e28",
	})
}

// IntegrationSync is how a sync ended, for producers who have the status as data.
type IntegrationSync struct {
	SyncID      string
	UserID      string
	Provider    string
	Status      string // completed or failed
	CompletedAt Instant
	ItemsSynced *int64 // of a completed sync; nil if it is not known
	Error       string // of a failed sync
	TraceID     string
}

// Fact is IntegrationSyncCompleted or IntegrationSyncFailed, as the status says. Any other status is an *InvalidError.
func (s IntegrationSync) Fact() (Fact, error) {
	switch s.Status {
	case StatusCompleted:
		return IntegrationSyncCompleted{
			SyncID: s.SyncID, UserID: s.UserID, Provider: s.Provider, Status: s.Status, CompletedAt: s.CompletedAt,
			ItemsSynced: s.ItemsSynced, TraceID: s.TraceID,
		}, nil
	case StatusFailed:
		return IntegrationSyncFailed{
			SyncID: s.SyncID, UserID: s.UserID, Provider: s.Provider, Status: s.Status, CompletedAt: s.CompletedAt,
			Error: s.Error, TraceID: s.TraceID,
		}, nil
	}
	return nil, unknownStatus("Integration Sync")
}
