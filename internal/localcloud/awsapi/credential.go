package awsapi

import (
	"net/http"
	"strings"
)

// AccessKeyID is the access key that a request is signed with, or empty.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
func AccessKeyID(r *http.Request) string {
	id, _, _ := strings.Cut(credential(r), "/")
	return id
}

// SignedService is the service that a request is signed for, as its credential scope says; unknown if it says none.
func SignedService(r *http.Request) string {
	scope := strings.Split(credential(r), "/")
	const keyDateRegionServiceEnd = 5
	if len(scope) != keyDateRegionServiceEnd {
		return "unknown"
	}
	return scope[3]
}

// credential is an access key and its scope.
func credential(r *http.Request) string {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, _, _ = strings.Cut(credential, ",")
	return credential
}
