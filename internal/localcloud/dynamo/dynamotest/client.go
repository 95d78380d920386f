// Package dynamotest gives tests a DynamoDB of their own: the real client of AWS's SDK over an engine in memory, without
// a socket, so that it also works in a testing/synctest bubble.
package dynamotest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Client returns a client of a new, empty engine, which is gone when the test ends. What expires is deleted only by a
// call of the engine's Sweep. The client does not retry.
func Client(t testing.TB) (*dynamodb.Client, *dynamo.Engine) {
	return ClientOf(t, dynamo.Config{})
}

// ClientOf is Client with a configuration, of which the Space and SweepEvery are set for the test.
func ClientOf(t testing.TB, config dynamo.Config) (*dynamodb.Client, *dynamo.Engine) {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := memory.Close(); err != nil {
			t.Error(err)
		}
	})
	config.Space = memory.Space("dynamodb")
	config.SweepEvery = -1
	engine, err := dynamo.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return NewClient(engine.Handler()), engine
}

// NewClient returns a client whose requests a handler answers directly.
func NewClient(handler http.Handler) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       awsapi.Region,
		BaseEndpoint: aws.String("http://dynamodb.test"),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:   &http.Client{Transport: transport{handler}},
		Retryer:      aws.NopRetryer{},
	})
}

// transport is a connection to a handler in the same process.
type transport struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	t.handler.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response, nil
}
