"""Drives the simulator with boto3 and prints what came back as JSON. Argument: the endpoint URL."""

import json
import sys

import boto3

ENDPOINT = {"endpoint_url": sys.argv[1], "region_name": "us-east-1"}
ses = boto3.client("sesv2", **ENDPOINT)
sns = boto3.client("sns", **ENDPOINT)
seen = {}


def send(to, content, **more):
    return ses.send_email(
        FromEmailAddress="Shop <shop@example.com>",
        Destination={"ToAddresses": [to]},
        Content=content,
        **more,
    )["MessageId"]


ses.create_email_template(
    TemplateName="welcome", TemplateContent={"Subject": "Hi {{name}}", "Text": "Welcome"}
)
simple = {"Simple": {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Hello"}}}}
raw = "From: shop@example.com\r\nTo: raw@example.com\r\nSubject: Raw\r\n\r\nHello\r\n"
seen["messages"] = [
    send("simple@example.com", simple, ConfigurationSetName="main"),
    send("raw@example.com", {"Raw": {"Data": raw.encode()}}),
    send("t@example.com", {"Template": {"TemplateName": "welcome", "TemplateData": '{"name":"Ann"}'}}),
]
seen["bulk"] = ses.send_bulk_email(
    FromEmailAddress="shop@example.com",
    DefaultContent={"Template": {"TemplateName": "welcome", "TemplateData": '{"name":"all"}'}},
    BulkEmailEntries=[{"Destination": {"ToAddresses": [to]}} for to in ("a@example.com", "nobody")],
)["BulkEmailEntryResults"]

for number in range(5):
    ses.put_suppressed_destination(EmailAddress=f"u{number}@example.com", Reason="BOUNCE")
entry = ses.get_suppressed_destination(EmailAddress="u0@example.com")["SuppressedDestination"]
seen["listed_in"] = entry["LastUpdateTime"].year
listed, token = [], None
while True:
    page = ses.list_suppressed_destinations(PageSize=2, **({"NextToken": token} if token else {}))
    listed += [item["EmailAddress"] for item in page["SuppressedDestinationSummaries"]]
    for item in page["SuppressedDestinationSummaries"]:
        ses.delete_suppressed_destination(EmailAddress=item["EmailAddress"])
    token = page.get("NextToken")
    if not token:
        break
seen["listed"] = listed

seen["errors"] = []
for call in (
    lambda: ses.get_suppressed_destination(EmailAddress="u0@example.com"),
    lambda: ses.get_email_identity(EmailIdentity="example.com"),
    lambda: ses.create_email_template(TemplateName="welcome", TemplateContent={}),
    lambda: send("nobody", simple),
):
    try:
        call()
    except ses.exceptions.ClientError as error:
        answer = error.response
        seen["errors"].append([answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]])

seen["quota"] = ses.get_account()["SendQuota"]
topic = sns.create_topic(Name="alerts")["TopicArn"]
sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
seen["signature"] = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SignatureVersion"]
seen["published"] = bool(sns.publish(TopicArn=topic, Message="hello")["MessageId"])
print(json.dumps(seen))
