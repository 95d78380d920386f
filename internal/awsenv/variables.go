package awsenv

// variables are the settings that the template gives every function.
type variables struct {
	environment      string
	region           string
	busName          string
	tableName        string
	idempotencyTable string
	accessKeyID      string
	secretAccessKey  string
	sessionToken     string
	endpointEvents   *string // nil is AWS's own
	endpointDynamoDB *string
	logLevel         string
}

// readVariables fails with one error that names every variable that is missing or wrong.
func readVariables(lookup func(string) string) (variables, error) {
	from := NewReader(lookup)
	read := variables{
		environment:      from.Required("ENVIRONMENT"),
		region:           from.Required("AWS_REGION"),
		busName:          from.Required("EVENT_BUS_NAME"),
		tableName:        from.Required("TABLE_NAME"),
		idempotencyTable: from.Required("IDEMPOTENCY_TABLE_NAME"),
		accessKeyID:      from.Required("AWS_ACCESS_KEY_ID"),
		secretAccessKey:  from.Required("AWS_SECRET_ACCESS_KEY"),
		sessionToken:     from.Optional("AWS_SESSION_TOKEN"),
		endpointEvents:   from.Endpoint("EVENTBRIDGE"),
		endpointDynamoDB: from.Endpoint("DYNAMODB"),
		logLevel:         from.Optional("AWS_LAMBDA_LOG_LEVEL"),
	}
	return read, from.Err()
}
