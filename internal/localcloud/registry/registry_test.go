package registry_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/schemas"
	"github.com/aws/smithy-go"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/registry"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func TestSchemasOfTheProject(t *testing.T) {
	t.Parallel()
	declared := platformtest.Stack(t).Registries
	server := httptest.NewServer(registry.Handler(func() []template.Registry { return declared }))
	defer server.Close()
	client := schemas.New(schemas.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	name := &declared[0].Name
	all, err := client.ListRegistries(t.Context(), &schemas.ListRegistriesInput{})
	if err != nil || len(all.Registries) != 1 || *all.Registries[0].RegistryArn != declared[0].ARN {
		t.Errorf("registries %v, error %v", all, err)
	}
	described, err := client.DescribeRegistry(t.Context(), &schemas.DescribeRegistryInput{RegistryName: name})
	if err != nil || *described.Description != declared[0].Description {
		t.Errorf("registry %v, error %v", described, err)
	}
	list, err := client.ListSchemas(t.Context(), &schemas.ListSchemasInput{RegistryName: name})
	if err != nil || len(list.Schemas) != len(declared[0].Schemas) {
		t.Errorf("schemas %v, error %v", list, err)
	}
	for _, schema := range declared[0].Schemas {
		found, err := client.DescribeSchema(t.Context(), &schemas.DescribeSchemaInput{RegistryName: name, SchemaName: &schema.Name})
		if err != nil || *found.Content != string(schema.Content) || *found.Type != schema.Type {
			t.Errorf("%s: %v, error %v", schema.Name, found, err)
		}
	}
	var refusal smithy.APIError
	_, err = client.DescribeSchema(t.Context(), &schemas.DescribeSchemaInput{RegistryName: name, SchemaName: aws.String("nothing")})
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "NotFoundException" {
		t.Errorf("a schema that is not there: error %v", err)
	}
	_, err = client.DeleteRegistry(t.Context(), &schemas.DeleteRegistryInput{RegistryName: name})
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "UnknownOperationException" {
		t.Errorf("an operation that changes: error %v", err)
	}
}
