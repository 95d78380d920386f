package lambdahost

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/drift"
)

func policyNotFound(format string) error {
	return &awsapi.Error{Status: http.StatusNotFound, Code: "ResourceNotFoundException", Message: format}
}

func (h *Host) serveGetPolicy(w http.ResponseWriter, r *http.Request) error {
	f, named, err := h.named(r)
	if isNotFound(err) {
		return policyNotFound("The resource you requested does not exist.")
	}
	if err != nil {
		return err
	}
	now := f.settings.Load()
	document, err := now.document(named.qualifier)
	if err == nil && document == nil {
		return policyNotFound("The resource you requested does not exist.")
	}
	if err == nil {
		answer(w, http.StatusOK, map[string]string{"Policy": string(document), "RevisionId": now.revision})
	}
	return err
}

func isNotFound(err error) bool {
	var refusal *awsapi.Error
	return errors.As(err, &refusal) && refusal.Status == http.StatusNotFound
}

// addPermissionRequest is what AddPermission is asked.
type addPermissionRequest struct {
	StatementID   string `json:"StatementId"`
	Action        string
	Principal     string
	SourceARN     string `json:"SourceArn"`
	SourceAccount string
	RevisionID    string `json:"RevisionId"`

	// The local cloud does not support these.
	EventSourceToken      string
	FunctionURLAuthType   string `json:"FunctionUrlAuthType"`
	PrincipalOrgID        string
	InvokedViaFunctionURL *bool `json:"InvokedViaFunctionUrl"`
}

var (
	statementID      = regexp.MustCompile(`^([a-zA-Z0-9-_]+)$`)
	permissionAction = regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`)
	sourceARN        = regexp.MustCompile(
		`^arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)$`)
	anyPrincipal     = regexp.MustCompile(`^[^\s]+$`)
	servicePrincipal = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com|amazon\.com)$`)
	iamPrincipal     = regexp.MustCompile(`^arn:aws:(iam|sts)::[0-9]{12}:(root|(user|role|assumed-role|federated-user)/.+)$`)
)

// check refuses what Lambda refuses of a permission.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func (a addPermissionRequest) check() error {
	const longestID = 100
	for _, member := range []struct {
		name, value string
		pattern     *regexp.Regexp
		required    bool
	}{
		{"statementId", a.StatementID, statementID, true},
		{"action", a.Action, permissionAction, true},
		{"principal", a.Principal, anyPrincipal, true},
		{"sourceArn", a.SourceARN, sourceARN, false},
		{"sourceAccount", a.SourceAccount, accountNumber, false},
	} {
		switch {
		case member.value == "" && member.required:
			return missing(member.name)
		case member.value != "" && !member.pattern.MatchString(member.value):
			return invalid(member.name, member.value, "Member must satisfy regular expression pattern: "+strings.Trim(member.pattern.String(), "^$"))
		}
	}
	if len(a.StatementID) > longestID {
		return invalid("statementId", a.StatementID, "Member must have length less than or equal to 100")
	}
	if a.EventSourceToken+a.FunctionURLAuthType+a.PrincipalOrgID != "" || a.InvokedViaFunctionURL != nil {
		return awsapi.Errorf("InvalidParameterValueException", "The local cloud's permissions have no conditions but SourceArn and SourceAccount.")
	}
	known := a.Principal == "*" || accountNumber.MatchString(a.Principal) ||
		servicePrincipal.MatchString(a.Principal) || iamPrincipal.MatchString(a.Principal)
	if !known {
		return awsapi.Errorf("InvalidParameterValueException",
			"The provided principal was invalid. Please check the principal and try again.")
	}
	return nil
}

// policyLimit is the greatest size of a function's policy, in bytes.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const policyLimit = 20 << 10

func (h *Host) serveAddPermission(w http.ResponseWriter, r *http.Request) error {
	f, named, err := h.named(r)
	if err != nil {
		return err
	}
	if named.qualifier == latest {
		return awsapi.Errorf("InvalidParameterValueException", "We currently do not support adding policies for $LATEST.")
	}
	var request addPermissionRequest
	if err := decode(r, &request); err != nil {
		return err
	}
	if err := request.check(); err != nil {
		return err
	}
	permission := Permission{
		SID: request.StatementID, Action: request.Action, Principal: request.Principal,
		SourceARN: request.SourceARN, SourceAccount: request.SourceAccount,
	}
	statement, err := json.Marshal(permission.statement(named.arn()))
	if err != nil {
		return err
	}
	name := permissionName(named.qualifier, permission.SID)
	err = h.change(f.Name, func(f *function, values drift.Settings) error {
		now := f.settings.Load()
		if err := now.checkRevision(request.RevisionID); err != nil {
			return err
		}
		if _, exists := values[name]; exists {
			return &awsapi.Error{
				Status: http.StatusConflict, Code: "ResourceConflictException", Message: "The statement id (" + permission.SID +
					") provided already exists. Please provide a new statement id, or remove the existing statement.",
			}
		}
		document, err := now.document(named.qualifier)
		if err != nil {
			return err
		}
		if size := len(document) + len(statement); size > policyLimit {
			return awsapi.Errorf("PolicyLengthExceededException", "The final policy size (%d) is bigger than the limit (%d).", size, policyLimit)
		}
		values[name] = string(statement)
		return nil
	})
	if err == nil {
		answer(w, http.StatusCreated, map[string]string{"Statement": string(statement)})
	}
	return err
}

func (s *settings) checkRevision(wanted string) error {
	if wanted == "" || wanted == s.revision {
		return nil
	}
	return &awsapi.Error{
		Status: http.StatusPreconditionFailed, Code: "PreconditionFailedException",
		Message: "The Revision Id provided does not match the latest Revision Id. " +
			"Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
	}
}

func (h *Host) serveRemovePermission(w http.ResponseWriter, r *http.Request) error {
	f, named, err := h.named(r)
	if isNotFound(err) {
		return policyNotFound("No policy found for: " + named.arn())
	}
	if err != nil {
		return err
	}
	id := r.PathValue("statement")
	name := permissionName(named.qualifier, id)
	err = h.change(f.Name, func(f *function, values drift.Settings) error {
		now := f.settings.Load()
		document, err := now.document(named.qualifier)
		if err != nil {
			return err
		}
		if document == nil {
			return policyNotFound("No policy is associated with the given resource.")
		}
		if _, exists := values[name]; !exists {
			return policyNotFound("Statement " + id + " is not found in resource policy.")
		}
		if err := now.checkRevision(r.URL.Query().Get("RevisionId")); err != nil {
			return err
		}
		delete(values, name)
		return nil
	})
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
