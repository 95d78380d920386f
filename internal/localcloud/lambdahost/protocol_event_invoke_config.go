package lambdahost

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/drift"
)

// eventInvokeConfig says how Lambda treats a function's asynchronous invocations. What it does not say is as Lambda has it.
type eventInvokeConfig struct {
	MaximumRetryAttempts     *int   `json:",omitempty"` // 0 to 2
	MaximumEventAgeInSeconds *int   `json:",omitempty"` // 60 to 21600
	OnFailure                string `json:",omitempty"` // ARN of a queue
	OnSuccess                string `json:",omitempty"` // ARN of a queue
	LastModified             int64  `json:",omitempty"` // Unix milliseconds; 0 if it is the template's
}

// eventInvokeConfig is the definition's; nil if it says nothing but what Lambda does anyway.
func (f Function) eventInvokeConfig() *eventInvokeConfig {
	age := int(f.MaxAge.Seconds())
	if f.MaxRetries == mostRetries && f.MaxAge == oldestMaxAge && f.OnFailure == "" && f.OnSuccess == "" {
		return nil
	}
	return &eventInvokeConfig{
		MaximumRetryAttempts: &f.MaxRetries, MaximumEventAgeInSeconds: &age, OnFailure: f.OnFailure, OnSuccess: f.OnSuccess,
	}
}

type shownDestination struct {
	Destination string `json:",omitempty"`
}

// shownEventInvokeConfig is an eventInvokeConfig as Lambda tells it.
type shownEventInvokeConfig struct {
	FunctionARN              string  `json:"FunctionArn"`
	LastModified             float64 // seconds since 1970
	MaximumRetryAttempts     *int    `json:",omitempty"`
	MaximumEventAgeInSeconds *int    `json:",omitempty"`
	DestinationConfig        struct{ OnSuccess, OnFailure shownDestination }
}

func (f *function) showEventInvokeConfig(qualifier string, config *eventInvokeConfig) shownEventInvokeConfig {
	const perSecond = 1000
	modified := config.LastModified
	if modified == 0 {
		modified = f.created.UnixMilli()
	}
	shown := shownEventInvokeConfig{
		FunctionARN:              reference{f.Name, qualifier}.arn(),
		LastModified:             float64(modified) / perSecond,
		MaximumRetryAttempts:     config.MaximumRetryAttempts,
		MaximumEventAgeInSeconds: config.MaximumEventAgeInSeconds,
	}
	shown.DestinationConfig.OnFailure.Destination = config.OnFailure
	shown.DestinationConfig.OnSuccess.Destination = config.OnSuccess
	return shown
}

// noEventInvokeConfig refuses a request about a configuration that is not there.
func noEventInvokeConfig(named reference) error {
	if named.qualifier == "" {
		named.qualifier = latest
	}
	return &awsapi.Error{
		Status: http.StatusNotFound, Code: "ResourceNotFoundException",
		Message: "The function " + named.arn() + " doesn't have an EventInvokeConfig",
	}
}

// configured finds the function that a request names, which must have a configuration.
func (h *Host) configured(r *http.Request) (f *function, qualifier string, config *eventInvokeConfig, err error) {
	named, err := resolve(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if err != nil {
		return nil, "", nil, err
	}
	if f, _, err = h.named(r); err != nil {
		return nil, "", nil, noEventInvokeConfig(named)
	}
	qualifier = cmp.Or(named.qualifier, latest)
	if config = f.settings.Load().async[qualifier]; config == nil {
		return nil, "", nil, noEventInvokeConfig(named)
	}
	return f, qualifier, config, nil
}

func (h *Host) serveGetEventInvokeConfig(w http.ResponseWriter, r *http.Request) error {
	f, qualifier, config, err := h.configured(r)
	if err == nil {
		answer(w, http.StatusOK, f.showEventInvokeConfig(qualifier, config))
	}
	return err
}

// existing finds the function that a request names, and the version or alias.
func (h *Host) existing(r *http.Request) (f *function, qualifier string, err error) {
	if _, err := resolve(r.PathValue("name"), r.URL.Query().Get("Qualifier")); err != nil {
		return nil, "", err
	}
	f, named, err := h.named(r)
	if err != nil {
		return nil, "", &awsapi.Error{
			Status: http.StatusNotFound, Code: "ResourceNotFoundException", Message: "The function doesn't exist.",
		}
	}
	return f, cmp.Or(named.qualifier, latest), nil
}

func (h *Host) servePutEventInvokeConfig(w http.ResponseWriter, r *http.Request) error {
	f, qualifier, err := h.existing(r)
	if err != nil {
		return err
	}
	return h.setEventInvokeConfig(w, r, reference{f.Name, qualifier}, func(*function) (eventInvokeConfig, error) { return eventInvokeConfig{}, nil })
}

func (h *Host) serveUpdateEventInvokeConfig(w http.ResponseWriter, r *http.Request) error {
	f, qualifier, err := h.existing(r)
	if err != nil {
		return err
	}
	named := reference{f.Name, qualifier}
	return h.setEventInvokeConfig(w, r, named, func(f *function) (eventInvokeConfig, error) {
		now := f.settings.Load().async[qualifier]
		if now == nil {
			return eventInvokeConfig{}, noEventInvokeConfig(named)
		}
		return *now, nil
	})
}

// setEventInvokeConfig makes a new configuration of a former one, and what a request says in place of it.
func (h *Host) setEventInvokeConfig(
	w http.ResponseWriter, r *http.Request, named reference, former func(*function) (eventInvokeConfig, error),
) error {
	var request eventInvokeRequest
	if err := decode(r, &request); err != nil {
		return err
	}
	if err := request.check(); err != nil {
		return err
	}
	var shown shownEventInvokeConfig
	err := h.change(named.name, func(f *function, values drift.Settings) error {
		config, err := former(f)
		if err != nil {
			return err
		}
		if err := h.checkDestinations(f, request); err != nil {
			return err
		}
		request.changeIn(&config)
		config.LastModified = time.Now().UnixMilli()
		encoded, err := json.Marshal(config)
		values[asyncSetting+named.qualifier] = string(encoded)
		shown = f.showEventInvokeConfig(named.qualifier, &config)
		return err
	})
	if err == nil {
		answer(w, http.StatusOK, shown)
	}
	return err
}

func (h *Host) serveDeleteEventInvokeConfig(w http.ResponseWriter, r *http.Request) error {
	f, qualifier, _, err := h.configured(r)
	if err != nil {
		return err
	}
	err = h.change(f.Name, func(_ *function, values drift.Settings) error {
		delete(values, asyncSetting+qualifier)
		return nil
	})
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// serveListEventInvokeConfigs has at most two to tell of, as functions have one version and one alias here.
func (h *Host) serveListEventInvokeConfigs(w http.ResponseWriter, r *http.Request) error {
	f, _, err := h.existing(r)
	if err != nil {
		return err
	}
	limit, err := pageSize(r, largestPage)
	if err != nil {
		return err
	}
	page := struct {
		FunctionEventInvokeConfigs []shownEventInvokeConfig
		NextMarker                 string `json:",omitempty"`
	}{FunctionEventInvokeConfigs: []shownEventInvokeConfig{}}
	configs, last := f.settings.Load().async, r.URL.Query().Get("Marker")
	for _, qualifier := range slices.Sorted(maps.Keys(configs)) {
		if qualifier <= last {
			continue
		}
		if len(page.FunctionEventInvokeConfigs) == limit {
			page.NextMarker = last
			break
		}
		page.FunctionEventInvokeConfigs = append(page.FunctionEventInvokeConfigs, f.showEventInvokeConfig(qualifier, configs[qualifier]))
		last = qualifier
	}
	answer(w, http.StatusOK, page)
	return nil
}

// eventInvokeRequest is what Put and Update are asked.
type eventInvokeRequest struct {
	MaximumRetryAttempts     *int
	MaximumEventAgeInSeconds *int
	DestinationConfig        *struct{ OnSuccess, OnFailure *struct{ Destination string } }
}

var destinationARN = regexp.MustCompile(
	`^(?:$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*))$`)

func (e eventInvokeRequest) check() error {
	if n := e.MaximumRetryAttempts; n != nil && (*n < 0 || *n > mostRetries) {
		return outOfRange("maximumRetryAttempts", *n, 0, mostRetries)
	}
	const least, most = int(youngestMaxAge / time.Second), int(oldestMaxAge / time.Second)
	if n := e.MaximumEventAgeInSeconds; n != nil && (*n < least || *n > most) {
		return outOfRange("maximumEventAgeInSeconds", *n, least, most)
	}
	onSuccess, onFailure := e.destinations()
	for name, destination := range map[string]*string{"onSuccess": onSuccess, "onFailure": onFailure} {
		if destination != nil && !destinationARN.MatchString(*destination) {
			return invalid("destinationConfig."+name+".destination", *destination,
				"Member must satisfy regular expression pattern: "+destinationARN.String())
		}
	}
	if e.MaximumRetryAttempts == nil && e.MaximumEventAgeInSeconds == nil && e.DestinationConfig == nil {
		return awsapi.Errorf("InvalidParameterValueException",
			"You must specify at least one of error handling or destination setting.")
	}
	return nil
}

// destinations are those that the request sets; nil if it does not say.
func (e eventInvokeRequest) destinations() (onSuccess, onFailure *string) {
	if e.DestinationConfig == nil {
		return nil, nil
	}
	if to := e.DestinationConfig.OnSuccess; to != nil {
		onSuccess = &to.Destination
	}
	if to := e.DestinationConfig.OnFailure; to != nil {
		onFailure = &to.Destination
	}
	return onSuccess, onFailure
}

func (e eventInvokeRequest) changeIn(config *eventInvokeConfig) {
	if e.MaximumRetryAttempts != nil {
		config.MaximumRetryAttempts = e.MaximumRetryAttempts
	}
	if e.MaximumEventAgeInSeconds != nil {
		config.MaximumEventAgeInSeconds = e.MaximumEventAgeInSeconds
	}
	onSuccess, onFailure := e.destinations()
	if onSuccess != nil {
		config.OnSuccess = *onSuccess
	}
	if onFailure != nil {
		config.OnFailure = *onFailure
	}
}

// checkDestinations refuses destinations that cannot take events. Only queues can, in the local cloud.
func (h *Host) checkDestinations(f *function, request eventInvokeRequest) error {
	onSuccess, onFailure := request.destinations()
	for _, destination := range []*string{onSuccess, onFailure} {
		if destination == nil || *destination == "" {
			continue
		}
		service := ""
		if parts := strings.SplitN(*destination, ":", 4); len(parts) == 4 { //nolint:mnd // arn:aws:service:rest
			service = parts[2]
		}
		queues := h.config.Queues
		switch {
		case *destination == f.ARN():
			return awsapi.Errorf("InvalidParameterValueException", "You can't specify the function as a destination for itself.")
		case service == "sqs" && (queues == nil || !queues.Has(*destination)):
			return awsapi.Errorf("InvalidParameterValueException", "The destination ARN %s is invalid.", *destination)
		case service == "sqs":
		case service == "sns", service == "lambda", service == "events", service == "s3":
			return awsapi.Errorf("InvalidParameterValueException",
				"The local cloud hands events over to SQS queues only, not to %s.", *destination)
		default:
			return awsapi.Errorf("InvalidParameterValueException", "The provided destination config DestinationConfig(onSuccess=%s, "+
				"onFailure=%s) is invalid.", describeDestination("OnSuccess", onSuccess), describeDestination("OnFailure", onFailure))
		}
	}
	return nil
}

func describeDestination(name string, destination *string) string {
	if destination == nil {
		return "null"
	}
	return fmt.Sprintf("%s(destination=%s)", name, *destination)
}

// outOfRange refuses a number as Lambda does.
func outOfRange(member string, number, least, most int) error {
	constraint := "Member must have value greater than or equal to " + strconv.Itoa(least)
	if number > most {
		constraint = "Member must have value less than or equal to " + strconv.Itoa(most)
	}
	return invalid(member, strconv.Itoa(number), constraint)
}
