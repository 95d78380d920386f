package lambdahost

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// Prefixes are what the paths of Lambda's operations begin with: each has the version of the API that it came with.
func Prefixes() []string {
	return []string{"/2015-03-31/", "/2017-10-31/", "/2019-09-25/", "/2019-09-30/"}
}

// Handler serves Lambda's REST protocol. Whoever calls it is the account's own administrator; it does not look at the
// signature.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
func (h *Host) Handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, serve func(w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amzn-Requestid", uuid.NewString())
			if err := serve(w, r); err != nil {
				refuse(w, err)
			}
		})
	}
	const function = "/2015-03-31/functions/{name}"
	handle("POST "+function+"/invocations", h.serveInvoke)
	handle("GET /2015-03-31/functions", h.serveList)
	handle("GET /2015-03-31/functions/{$}", h.serveList)
	handle("GET "+function, h.serveGet)
	handle("GET "+function+"/configuration", h.serveConfiguration)
	handle("GET "+function+"/policy", h.serveGetPolicy)
	handle("POST "+function+"/policy", h.serveAddPermission)
	handle("DELETE "+function+"/policy/{statement}", h.serveRemovePermission)
	const eventInvokeConfig = "/2019-09-25/functions/{name}/event-invoke-config"
	handle("GET "+eventInvokeConfig, h.serveGetEventInvokeConfig)
	handle("PUT "+eventInvokeConfig, h.servePutEventInvokeConfig)
	handle("POST "+eventInvokeConfig, h.serveUpdateEventInvokeConfig)
	handle("DELETE "+eventInvokeConfig, h.serveDeleteEventInvokeConfig)
	handle("GET "+eventInvokeConfig+"/list", h.serveListEventInvokeConfigs)
	handle("GET /2019-09-30/functions/{name}/concurrency", h.serveGetConcurrency)
	handle("PUT /2017-10-31/functions/{name}/concurrency", h.servePutConcurrency)
	handle("DELETE /2017-10-31/functions/{name}/concurrency", h.serveDeleteConcurrency)
	handle("/", func(_ http.ResponseWriter, r *http.Request) error {
		return &awsapi.Error{
			Status: http.StatusNotFound, Code: "UnknownOperationException",
			Message: "The local cloud's Lambda does not support " + r.Method + " " + r.URL.Path + ".",
		}
	})
	return mux
}

// refuse answers an error as Lambda does.
func refuse(w http.ResponseWriter, err error) {
	var refusal *awsapi.Error
	if !errors.As(err, &refusal) {
		refusal = &awsapi.Error{Status: http.StatusInternalServerError, Code: "ServiceException", Message: err.Error()}
	}
	body := map[string]any{"Type": "User", messageMember(refusal.Code): refusal.Message}
	if refusal.Status >= http.StatusInternalServerError {
		body["Type"] = "Service"
	}
	maps.Copy(body, refusal.Fields)
	w.Header().Set("X-Amzn-Errortype", refusal.Code)
	answer(w, refusal.Status, body)
}

// messageMember is how Lambda writes the name of an error's message, which differs between errors.
func messageMember(code string) string {
	switch code {
	case "ResourceNotFoundException", "AccessDeniedException", "ServiceException":
		return "Message"
	}
	return "message"
}

func answer(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(encoded)))
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // the client may be gone
}

func (h *Host) serveInvoke(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, syncLimit+1))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return awsapi.Errorf("InvalidRequestContentException", "The request body could not be read: %v", err)
	}
	header := r.Header
	clientContext, err := base64.StdEncoding.DecodeString(header.Get("X-Amz-Client-Context"))
	if err != nil || strings.ContainsAny(string(clientContext), "\r\n") {
		return awsapi.Errorf("InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
	}
	request := Request{
		Function:      r.PathValue("name"),
		Qualifier:     r.URL.Query().Get("Qualifier"),
		Payload:       body,
		TraceHeader:   header.Get("X-Amzn-Trace-Id"),
		ClientContext: string(clientContext),
		Tail:          header.Get("X-Amz-Log-Type") == "Tail",
	}
	switch invocationType := header.Get("X-Amz-Invocation-Type"); invocationType {
	case "", "RequestResponse":
		return h.serveSync(w, r, request)
	case "Event":
		requestID, err := h.accept(iam.Caller{}, request)
		if err != nil {
			return err
		}
		w.Header().Set("X-Amzn-Requestid", requestID)
		w.WriteHeader(http.StatusAccepted)
		return nil
	case "DryRun":
		f, named, err := h.find(request.Function, request.Qualifier)
		if err != nil {
			return err
		}
		if _, err := f.admit(iam.Caller{}, named, &request.Payload, syncLimit); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	default:
		return awsapi.Errorf("InvalidParameterValueException",
			"The invocation type %q is not RequestResponse, Event or DryRun.", invocationType)
	}
}

func (h *Host) serveSync(w http.ResponseWriter, r *http.Request, request Request) error {
	result, err := h.Invoke(r.Context(), iam.Caller{}, request)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("X-Amzn-Requestid", result.RequestID)
	header.Set("X-Amz-Executed-Version", latest)
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(result.Payload)))
	if result.Failed() {
		header.Set("X-Amz-Function-Error", result.FunctionError)
	}
	if request.Tail {
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(result.LogTail))
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(result.Payload) // the client may be gone
	return nil
}

func (h *Host) serveList(w http.ResponseWriter, r *http.Request) error {
	const most = 10000
	query := r.URL.Query()
	limit, err := pageSize(r, most)
	if err != nil {
		return err
	}
	version := query.Get("FunctionVersion")
	if version != "" && version != "ALL" {
		return invalid("functionVersion", version, "Member must satisfy enum value set: [ALL]")
	}
	page := struct {
		Functions  []configuration
		NextMarker string `json:",omitempty"`
	}{Functions: []configuration{}}
	for _, f := range h.all() {
		if f.Name <= query.Get("Marker") {
			continue
		}
		if len(page.Functions) == limit {
			page.NextMarker = page.Functions[limit-1].FunctionName
			break
		}
		arn := f.ARN()
		if version == "ALL" {
			arn += ":" + latest
		}
		page.Functions = append(page.Functions, f.configuration(arn))
	}
	answer(w, http.StatusOK, page)
	return nil
}

const largestPage = 50

// pageSize is how many items a request wants at a time, of which no page has more than fifty.
func pageSize(r *http.Request, most int) (int, error) {
	text := r.URL.Query().Get("MaxItems")
	if text == "" {
		return largestPage, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0, awsapi.Errorf("SerializationException", "MaxItems is not a number: %q", text)
	}
	if number < 1 || number > most {
		return 0, outOfRange("maxItems", number, 1, most)
	}
	return min(number, largestPage), nil
}

// configuration is what Lambda tells of a function.
type configuration struct {
	FunctionName     string
	FunctionArn      string
	Runtime          string
	Role             string
	Handler          string
	CodeSize         int64  // bytes of the bootstrap; AWS counts those of the archive that it is in
	CodeSHA256       string `json:"CodeSha256"` // of the bootstrap, likewise
	Description      string
	Timeout          int // seconds
	MemorySize       int // MB
	LastModified     string
	Version          string
	Environment      map[string]map[string]string `json:",omitempty"`
	TracingConfig    map[string]string
	PackageType      string
	State            string
	StateReason      string `json:",omitempty"`
	LastUpdateStatus string
	LoggingConfig    map[string]string
	RevisionID       string   `json:"RevisionId"`
	Architectures    []string `json:",omitempty"`
}

func (f *function) configuration(arn string) configuration {
	shown := configuration{
		FunctionName: f.Name, FunctionArn: arn, Runtime: "provided.al2023", Role: f.Role, Handler: "bootstrap",
		Description: f.Description, Timeout: int(f.Timeout.Seconds()), MemorySize: f.MemoryMB,
		LastModified: f.created.UTC().Format("2006-01-02T15:04:05.000-0700"),
		Version:      latest, PackageType: "Zip", State: "Active", LastUpdateStatus: "Successful",
		TracingConfig: map[string]string{"Mode": "PassThrough"},
		LoggingConfig: map[string]string{"LogFormat": "Text", "LogGroup": f.LogGroup},
		RevisionID:    f.settings.Load().revision,
	}
	shown.CodeSize, shown.CodeSHA256 = f.code()
	if f.Architecture != "" {
		shown.Architectures = []string{f.Architecture}
	}
	if len(f.Environment) > 0 {
		shown.Environment = map[string]map[string]string{"Variables": f.Environment}
	}
	if f.Tracing {
		shown.TracingConfig["Mode"] = "Active"
	}
	if f.LogFormat != "" {
		shown.LoggingConfig["LogFormat"] = f.LogFormat
	}
	if f.LogLevel != "" {
		shown.LoggingConfig["ApplicationLogLevel"] = f.LogLevel
	}
	switch state := f.pool.state(); state {
	case StateReady:
	case StateStarting:
		shown.State = "Pending"
	default:
		shown.State, shown.StateReason = "Failed", state
	}
	return shown
}

// named finds the function that a request's path and query name.
func (h *Host) named(r *http.Request) (*function, reference, error) {
	return h.find(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
}

func (h *Host) serveConfiguration(w http.ResponseWriter, r *http.Request) error {
	f, named, err := h.named(r)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, f.configuration(named.arn()))
	return nil
}

func (h *Host) serveGet(w http.ResponseWriter, r *http.Request) error {
	f, named, err := h.named(r)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, struct {
		Configuration configuration
		Code          map[string]string
		Concurrency   *concurrency `json:",omitempty"`
	}{
		f.configuration(named.arn()),
		map[string]string{"RepositoryType": "local", "Location": "file://" + f.Bootstrap},
		f.settings.Load().concurrency(),
	})
	return nil
}
