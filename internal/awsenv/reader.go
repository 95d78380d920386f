package awsenv

import (
	"errors"
	"fmt"
	"net/url"
)

// Reader reads variables of the environment, and collects what is wrong with them.
type Reader struct {
	lookup func(name string) string
	wrong  []error
}

// NewReader reads variables by lookup, which is os.Getenv but in tests. An empty variable counts as absent.
func NewReader(lookup func(name string) string) *Reader { return &Reader{lookup: lookup} }

// Required reads a variable that must be set.
func (r *Reader) Required(name string) string {
	value := r.lookup(name)
	if value == "" {
		r.wrong = append(r.wrong, fmt.Errorf("%s is not set", name))
	}
	return value
}

// Optional reads a variable that may be absent.
func (r *Reader) Optional(name string) string { return r.lookup(name) }

// Endpoint reads where an AWS service is: the variable of that service, such as SESV2, or the one for all; nil is AWS's own
// place.
func (r *Reader) Endpoint(service string) *string {
	for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
		value := r.lookup(name)
		if value == "" {
			continue
		}
		r.checkURL(name, value)
		return &value
	}
	return nil
}

// URL reads a variable that may be absent, and otherwise is an address.
func (r *Reader) URL(name string) string {
	value := r.lookup(name)
	if value != "" {
		r.checkURL(name, value)
	}
	return value
}

func (r *Reader) checkURL(name, value string) {
	if parsed, err := url.Parse(value); err != nil || parsed.Host == "" || parsed.Scheme == "" {
		r.wrong = append(r.wrong, fmt.Errorf("%s is no URL such as http://127.0.0.1:4599", name))
	}
}

// Err is one error that names every variable that is missing or wrong, or nil.
func (r *Reader) Err() error { return errors.Join(r.wrong...) }
