package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// localConfig reaches the local cloud, which takes any credentials.
func localConfig(endpoint string) aws.Config {
	return aws.Config{
		Region:       awsapi.Region,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: &endpoint,
	}
}

func databaseClient(endpoint string) *dynamodb.Client {
	return dynamodb.NewFromConfig(localConfig(endpoint))
}

func busClient(endpoint string) *eventbridge.Client {
	return eventbridge.NewFromConfig(localConfig(endpoint))
}

func lambdaClient(endpoint string) *lambda.Client {
	return lambda.NewFromConfig(localConfig(endpoint))
}
