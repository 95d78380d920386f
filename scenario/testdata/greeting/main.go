// Command greeting is a function that greets whatever invokes it, for the tests of deployments.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, event json.RawMessage) (string, error) {
		fmt.Println(os.Getenv("GREETING"), string(event))
		return os.Getenv("GREETING"), nil
	})
}
