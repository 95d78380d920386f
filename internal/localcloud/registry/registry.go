// Package registry is EventBridge Schemas of the local cloud: it shows the registries and schemas of the template. Nothing
// can be changed.
package registry

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Prefix is what the paths of the service begin with.
const Prefix = "/v1/registries"

// Handler serves the operations ListRegistries, DescribeRegistry, ListSchemas and DescribeSchema on the registries that there
// are at the time of the call.
//
// https://docs.aws.amazon.com/eventbridge/latest/schema-reference/operations.html
func Handler(registries func() []template.Registry) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, operation func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			answer, err := operation(r)
			respond(w, answer, err)
		})
	}
	named := func(r *http.Request) (*template.Registry, error) {
		for _, registry := range registries() {
			if registry.Name == r.PathValue("registry") {
				return &registry, nil
			}
		}
		return nil, notFound("Registry with name " + r.PathValue("registry") + " does not exist.")
	}
	handle("GET "+Prefix, func(*http.Request) (any, error) {
		list := []map[string]string{}
		for _, registry := range registries() {
			list = append(list, map[string]string{"RegistryArn": registry.ARN, "RegistryName": registry.Name})
		}
		return map[string]any{"Registries": list}, nil
	})
	handle("GET "+Prefix+"/name/{registry}", func(r *http.Request) (any, error) {
		registry, err := named(r)
		if err != nil {
			return nil, err
		}
		return map[string]string{"Description": registry.Description, "RegistryArn": registry.ARN, "RegistryName": registry.Name}, nil
	})
	handle("GET "+Prefix+"/name/{registry}/schemas", func(r *http.Request) (any, error) {
		registry, err := named(r)
		if err != nil {
			return nil, err
		}
		list := []map[string]any{}
		for _, schema := range registry.Schemas {
			list = append(list, map[string]any{"SchemaArn": schema.ARN, "SchemaName": schema.Name, "VersionCount": 1})
		}
		return map[string]any{"Schemas": list}, nil
	})
	handle("GET "+Prefix+"/name/{registry}/schemas/name/{schema}", func(r *http.Request) (any, error) {
		registry, err := named(r)
		if err != nil {
			return nil, err
		}
		for _, schema := range registry.Schemas {
			if schema.Name == r.PathValue("schema") {
				return map[string]string{
					"Content": string(schema.Content), "Description": schema.Description, "SchemaArn": schema.ARN, "SchemaName": schema.Name,
					"SchemaVersion": "1", "Type": schema.Type,
				}, nil
			}
		}
		return nil, notFound("Schema with name " + r.PathValue("schema") + " does not exist.")
	})
	handle("/", func(r *http.Request) (any, error) {
		return nil, &awsapi.Error{
			Status: http.StatusNotFound, Code: "UnknownOperationException",
			Message: "The local cloud does not support " + r.Method + " " + r.URL.Path + " of Schemas.",
		}
	})
	return mux
}

func notFound(message string) error {
	return &awsapi.Error{Status: http.StatusNotFound, Code: "NotFoundException", Message: message}
}

func respond(w http.ResponseWriter, answer any, err error) {
	status := http.StatusOK
	header := w.Header()
	if err != nil {
		refusal := &awsapi.Error{Status: http.StatusInternalServerError, Code: "InternalServerErrorException", Message: err.Error()}
		errors.As(err, &refusal)
		status, answer = refusal.Status, map[string]string{"Code": refusal.Code, "Message": refusal.Message}
		header.Set("X-Amzn-Errortype", refusal.Code)
	}
	header.Set("Content-Type", "application/json")
	header.Set("X-Amzn-Requestid", uuid.NewString())
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}
