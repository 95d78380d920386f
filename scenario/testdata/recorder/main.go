// Command recorder is a Lambda function that notes in TABLE which events it was given.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type event struct {
	Detail struct {
		Sequence int `json:"sequence"`
	} `json:"detail"`
}

func main() {
	loaded, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	client := dynamodb.NewFromConfig(loaded)
	lambda.Start(func(ctx context.Context, received event) error {
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: aws.String(os.Getenv("TABLE")),
			Item: map[string]types.AttributeValue{
				"PK": &types.AttributeValueMemberS{Value: "RECORDED"},
				"SK": &types.AttributeValueMemberS{Value: fmt.Sprintf("%08d", received.Detail.Sequence)},
			},
		})
		return err
	})
}
