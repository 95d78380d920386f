package awsapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
)

// Query serves a service of AWS's Query protocol: a form in, which names the operation, and XML out. A name that is not in
// Operations gets AWS's error for it, never a success.
//
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
type Query struct {
	Namespace  string // of the answers' XML
	MaxBody    int64  // larger bodies are refused
	Operations map[string]QueryOperation
}

// QueryOperation answers one request. The result's fields become elements, by the rules of encoding/xml; nil is an answer
// without any.
type QueryOperation func(r *http.Request, form Form) (any, error)

// Form is a request's parameters, or those of one structure in them.
type Form struct {
	values url.Values
	prefix string
}

// NewForm is the form of some parameters.
func NewForm(values url.Values) Form { return Form{values: values} }

// Text is a parameter's value; empty if it is not there.
func (f Form) Text(name string) string { return f.values.Get(f.prefix + name) }

// Has tells whether a parameter is there, be it empty.
func (f Form) Has(name string) bool { return f.values.Has(f.prefix + name) }

// True tells whether a parameter is true.
func (f Form) True(name string) bool { return f.Text(name) == "true" }

// Texts is a list of texts.
func (f Form) Texts(name string) []string {
	var texts []string
	for i := 1; f.Has(member(name, i)); i++ {
		texts = append(texts, f.Text(member(name, i)))
	}
	return texts
}

// Structures is a list of structures.
func (f Form) Structures(name string) []Form {
	var structures []Form
	for i := 1; ; i++ {
		structure := Form{values: f.values, prefix: f.prefix + member(name, i) + "."}
		if !structure.any() {
			return structures
		}
		structures = append(structures, structure)
	}
}

func (f Form) any() bool {
	for name := range f.values {
		if len(name) > len(f.prefix) && name[:len(f.prefix)] == f.prefix {
			return true
		}
	}
	return false
}

func member(name string, i int) string { return name + ".member." + strconv.Itoa(i) }

// Members is a list in an answer. An empty one is an element, too.
type Members[T any] struct {
	Member []T `xml:"member"`
}

func (p *Query) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := uuid.NewString()
	w.Header().Set("X-Amzn-Requestid", requestID)
	action, result, err := p.call(w, r)
	if err != nil {
		p.refuse(w, requestID, err)
		return
	}
	var body bytes.Buffer
	if err := p.encode(&body, action, requestID, result); err != nil {
		p.refuse(w, requestID, err)
		return
	}
	write(w, http.StatusOK, body.Bytes())
}

func (p *Query) call(w http.ResponseWriter, r *http.Request) (action string, result any, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, p.MaxBody)
	if err := r.ParseForm(); err != nil {
		return "", nil, Errorf("MalformedQueryString", "The request could not be read: %v.", err)
	}
	action = r.Form.Get("Action")
	operation, known := p.Operations[action]
	if !known {
		return "", nil, Errorf("InvalidAction", "The local cloud does not support the operation %q.", action)
	}
	result, err = operation(r, NewForm(r.Form))
	return action, result, err
}

func (p *Query) encode(body *bytes.Buffer, action, requestID string, result any) error {
	encoder := xml.NewEncoder(body)
	element := func(name string) xml.StartElement { return xml.StartElement{Name: xml.Name{Local: name}} }
	response := element(action + "Response")
	response.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: p.Namespace}}
	steps := []func() error{
		func() error { return encoder.EncodeToken(response) },
		func() error {
			if result == nil {
				return nil
			}
			return encoder.EncodeElement(result, element(action+"Result"))
		},
		func() error {
			return encoder.EncodeElement(struct {
				RequestID string `xml:"RequestId"`
			}{requestID}, element("ResponseMetadata"))
		},
		func() error { return encoder.EncodeToken(response.End()) },
		encoder.Close,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("encode the answer to %s: %w", action, err)
		}
	}
	return nil
}

func (p *Query) refuse(w http.ResponseWriter, requestID string, err error) {
	var refusal *Error
	if !errors.As(err, &refusal) {
		refusal = &Error{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
	}
	type detail struct{ Type, Code, Message string }
	body := struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Namespace string   `xml:"xmlns,attr"`
		Error     detail
		RequestID string `xml:"RequestId"`
	}{Namespace: p.Namespace, Error: detail{"Sender", refusal.Code, refusal.Message}, RequestID: requestID}
	if refusal.Status >= http.StatusInternalServerError {
		body.Error.Type = "Receiver"
	}
	encoded, err := xml.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, refusal.Status, encoded)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nothing is left to tell it
}
