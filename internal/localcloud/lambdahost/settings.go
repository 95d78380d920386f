package lambdahost

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/drift"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// settings are what callers can change of a function while it runs. A change makes new ones.
type settings struct {
	values   drift.Settings
	reserved *int                          // invocations at a time; nil for as many as the host allows, 0 for none at all
	async    map[string]*eventInvokeConfig // by version or alias; Lambda's own where there is none
	policy   iam.Policy                    // of the function and its alias together; each statement names what it is for
	revision string                        // changes with each change
}

// The names of the settings as they are saved.
const (
	reservedSetting   = "reservedConcurrency"
	asyncSetting      = "eventInvokeConfig/" // and the version or alias
	permissionSetting = "permission/"        // and the alias, if any, a slash, and the statement's id
)

// permissionName names a permission for a function, or for an alias of it.
func permissionName(qualifier, statementID string) string {
	return permissionSetting + qualifier + "/" + statementID
}

// declaredSettings are the settings as the definition has them.
func (f Function) declaredSettings() (drift.Settings, error) {
	declared := drift.Settings{}
	if f.Reserved != nil {
		declared[reservedSetting] = strconv.Itoa(*f.Reserved)
	}
	if config := f.eventInvokeConfig(); config != nil {
		encoded, err := json.Marshal(config)
		if err != nil {
			return nil, fmt.Errorf("encode the event invoke config of %q: %w", f.Name, err)
		}
		declared[asyncSetting+cmp.Or(f.Alias, latest)] = string(encoded)
	}
	for _, permission := range f.Permissions {
		encoded, err := json.Marshal(permission.statement(reference{f.Name, permission.Qualifier}.arn()))
		if err != nil {
			return nil, fmt.Errorf("encode the policy of %q: %w", f.Name, err)
		}
		declared[permissionName(permission.Qualifier, permission.SID)] = string(encoded)
	}
	return declared, nil
}

// parseSettings reads what settings say.
func parseSettings(values drift.Settings) (*settings, error) {
	parsed := &settings{values: values, async: map[string]*eventInvokeConfig{}, revision: revisionOf(values)}
	if text, has := values[reservedSetting]; has {
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("read the reserved concurrency: %w", err)
		}
		parsed.reserved = &number
	}
	for name, text := range values {
		qualifier, isConfig := strings.CutPrefix(name, asyncSetting)
		if !isConfig {
			continue
		}
		parsed.async[qualifier] = &eventInvokeConfig{}
		if err := json.Unmarshal([]byte(text), parsed.async[qualifier]); err != nil {
			return nil, fmt.Errorf("read the event invoke config: %w", err)
		}
	}
	document, err := policyOf(values, permissionSetting)
	if err != nil || document == nil {
		return parsed, err
	}
	parsed.policy, err = iam.ParsePolicy(document)
	return parsed, err
}

// document is the resource policy of the function, or of an alias of it, as JSON; nil if there is none.
func (s *settings) document(qualifier string) ([]byte, error) {
	return policyOf(s.values, permissionName(qualifier, ""))
}

// policyOf makes a resource policy of the statements whose names begin alike; nil if there are none.
//
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
func policyOf(values drift.Settings, prefix string) ([]byte, error) {
	var statements []json.RawMessage
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if strings.HasPrefix(name, prefix) {
			statements = append(statements, json.RawMessage(values[name]))
		}
	}
	if len(statements) == 0 {
		return nil, nil
	}
	document, err := json.Marshal(struct {
		Version   string
		ID        string `json:"Id"`
		Statement []json.RawMessage
	}{"2012-10-17", "default", statements})
	if err != nil {
		return nil, fmt.Errorf("encode the policy: %w", err)
	}
	return document, nil
}

// revisionOf is an id that changes with the settings.
func revisionOf(values drift.Settings) string {
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(hash, "%q=%q\n", name, values[name])
	}
	revision, _ := uuid.FromBytes(hash.Sum(nil)[:16]) // 16 bytes always are one
	return revision.String()
}

// asyncRules say what becomes of events that were accepted.
type asyncRules struct {
	MaxRetries int           // after errors of the function
	MaxAge     time.Duration // before it is given up
	OnFailure  string        // ARN of the queue that takes over what was given up; empty to drop it
	OnSuccess  string        // ARN of the queue that is told of what was done; empty for none
}

// asyncRules are those for an event: the configuration of the version or alias that it was accepted for counts, and no
// other.
func (s *settings) asyncRules(e *event) asyncRules {
	rules := asyncRules{MaxRetries: mostRetries, MaxAge: oldestMaxAge}
	config := s.async[e.qualifier()]
	if config == nil {
		return rules
	}
	rules.OnFailure, rules.OnSuccess = config.OnFailure, config.OnSuccess
	if retries := config.MaximumRetryAttempts; retries != nil {
		rules.MaxRetries = *retries
	}
	if age := config.MaximumEventAgeInSeconds; age != nil {
		rules.MaxAge = time.Duration(*age) * time.Second
	}
	return rules
}

// settingsKey is where the settings of a function are saved; no function's name begins with the byte 0.
func settingsKey(function string) []byte { return append([]byte("\x00settings\x00"), function...) }

// savedSettings are those of a function that a caller has changed.
type savedSettings struct {
	Declared drift.Settings `json:"declared"` // as the template had them then
	Current  drift.Settings `json:"current"`
}

// loadSettings reads the settings of a function that is created: the template's, but for what callers have changed since.
func (h *Host) loadSettings(definition Function) (*settings, error) {
	declared, err := definition.declaredSettings()
	if err != nil {
		return nil, err
	}
	value, found, err := h.config.Space.Get(settingsKey(definition.Name))
	if err != nil {
		return nil, err
	}
	if !found {
		return parseSettings(declared)
	}
	var saved savedSettings
	if err := json.Unmarshal(value, &saved); err != nil {
		return nil, fmt.Errorf("read the settings of %q: %w", definition.Name, err)
	}
	current := drift.Merge(declared, saved.Declared, saved.Current)
	if err := h.saveSettings(definition.Name, declared, current); err != nil {
		return nil, err
	}
	return parseSettings(current)
}

// saveSettings saves the settings of a function if they are other than those that the template declares.
func (h *Host) saveSettings(function string, declared, current drift.Settings) error {
	batch := h.config.Space.Batch()
	if maps.Equal(declared, current) {
		batch.Delete(settingsKey(function))
		return batch.Apply()
	}
	encoded, err := json.Marshal(savedSettings{declared, current})
	if err != nil {
		return fmt.Errorf("encode the settings of %q: %w", function, err)
	}
	batch.Set(settingsKey(function), encoded)
	return batch.Apply()
}

// change changes the settings of a function, given a copy of them, and returns when the change would survive a kill of the
// process. No two changes are made at a time.
func (h *Host) change(name string, edit func(f *function, values drift.Settings) error) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	f, _, err := h.find(name, "")
	if err != nil {
		return err
	}
	values := maps.Clone(f.settings.Load().values)
	if err := edit(f, values); err != nil {
		return err
	}
	changed, err := parseSettings(values)
	if err != nil {
		return err
	}
	declared, err := f.declaredSettings()
	if err != nil {
		return err
	}
	if err := h.saveSettings(f.Name, declared, values); err != nil {
		return err
	}
	f.settings.Store(changed)
	f.backlog.pump()
	return nil
}
