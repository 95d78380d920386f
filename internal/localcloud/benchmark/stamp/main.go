// Command stamp is a Lambda function that tells when its handler began: over a connection to STAMP_ADDRESS it writes, for
// each event, the event's sequence number and the time in nanoseconds since 1970, 8 bytes each, the highest first.
package main

import (
	"context"
	"encoding/binary"
	"log"
	"net"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	Detail struct {
		Sequence uint64 `json:"sequence"`
	} `json:"detail"`
}

func main() {
	connection, err := new(net.Dialer).DialContext(context.Background(), "tcp", os.Getenv("STAMP_ADDRESS"))
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(func(_ context.Context, received event) error {
		began := time.Now()
		return binary.Write(connection, binary.BigEndian, []uint64{received.Detail.Sequence, uint64(began.UnixNano())})
	})
}
