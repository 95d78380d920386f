"""Drives the local cloud with boto3, as a program would drive AWS, and fails with the first thing that is not as on AWS."""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
BUS = "bayon-coagent-events-development"
TABLE = "BayonCoAgent-development"
FUNCTION = "bayon-coagent-price-reduction-monitor-development"


def client(service):
    return boto3.client(service, endpoint_url=ENDPOINT, region_name="us-east-1", config=Config(retries={"max_attempts": 1}))


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{call} was not refused with {code}")


def events():
    bus, queues = client("events"), client("sqs")
    entry = {"EventBusName": BUS, "Source": "me", "DetailType": "Hello", "Detail": json.dumps({"n": 9007199254740993})}
    answer = bus.put_events(Entries=[entry, {**entry, "Detail": "no"}, {**entry, "Source": "aws.me"}, {"EventBusName": BUS, "Detail": "{}"}])
    codes = [result.get("ErrorCode") for result in answer["Entries"]]
    assert codes == [None, "MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"], codes
    refused("ValidationException", bus.put_events, Entries=[entry] * 11)

    url = queues.create_queue(QueueName="boto", Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})})["QueueUrl"]
    bus.put_rule(Name="boto", EventBusName=BUS, EventPattern=json.dumps({"source": ["me"], "detail": {"n": [{"exists": True}]}}))
    bus.put_targets(Rule="boto", EventBusName=BUS, Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:boto"}])
    bus.put_events(Entries=[entry])
    message = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]
    event = json.loads(message["Body"])
    assert event["detail"] == {"n": 9007199254740993} and event["source"] == "me" and event["version"] == "0", event
    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert "Messages" not in queues.receive_message(QueueUrl=url)
    refused("AWS.SimpleQueueService.NonExistentQueue", queues.get_queue_url, QueueName="nowhere")


def items():
    table = boto3.resource("dynamodb", endpoint_url=ENDPOINT, region_name="us-east-1").Table(TABLE)
    key = {"PK": "USER#boto", "SK": "NOTE#1"}
    table.put_item(Item={**key, "Data": {"text": "a", "list": [1, 2], "set": {"x", "y"}}})
    table.update_item(Key=key, UpdateExpression="SET #d.#l = list_append(#d.#l, :more) REMOVE #d.#t",
                      ExpressionAttributeNames={"#d": "Data", "#l": "list", "#t": "text"}, ExpressionAttributeValues={":more": [3]})
    assert table.get_item(Key=key)["Item"]["Data"] == {"list": [1, 2, 3], "set": {"x", "y"}}
    refused("ConditionalCheckFailedException", table.put_item, Item=key, ConditionExpression="attribute_not_exists(PK)")
    refused("ValidationException", table.put_item, Item={"PK": "only"})
    with table.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"PK": "USER#boto", "SK": f"MANY#{number:03}", "EntityType": "Many", "CreatedAt": number})
    pages = client("dynamodb").get_paginator("query").paginate(
        TableName=TABLE, KeyConditionExpression="PK = :p AND begins_with(SK, :s)",
        ExpressionAttributeValues={":p": {"S": "USER#boto"}, ":s": {"S": "MANY#"}}, PaginationConfig={"PageSize": 7})
    assert sum(page["Count"] for page in pages) == 60


def functions():
    functions = client("lambda")
    assert FUNCTION in [function["FunctionName"] for function in functions.list_functions()["Functions"]]
    good = functions.invoke(FunctionName=FUNCTION, Payload=json.dumps({"schedule": "price", "dueAt": "2026-11-24T08:30:00Z"}), LogType="Tail")
    assert good["StatusCode"] == 200 and "FunctionError" not in good and good["LogResult"], good
    bad = functions.invoke(FunctionName=FUNCTION, Payload="{}")
    answer = json.loads(bad["Payload"].read())
    assert bad["FunctionError"] == "Unhandled" and answer["errorType"] == "PermanentError", answer
    assert functions.invoke(FunctionName=FUNCTION, Payload="{}", InvocationType="Event")["StatusCode"] == 202
    refused("ResourceNotFoundException", functions.invoke, FunctionName="nobody", Payload="{}")


events()
items()
functions()
print("ok")
