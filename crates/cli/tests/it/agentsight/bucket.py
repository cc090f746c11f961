"""A service that speaks Amazon S3's protocol and checks signatures, with one bucket: prints its port and the credentials of one user.

To each line it answers with what the bucket holds, sizes by name. It ends with its standard input.
"""

import json
import sys

import boto3
import moto.settings
from moto.server import ThreadedMotoServer

BUCKET = "files"
NOBODY = {"region_name": "us-east-1", "aws_access_key_id": "none", "aws_secret_access_key": "none"}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
endpoint = f"http://127.0.0.1:{port}"
boto3.client("s3", endpoint_url=endpoint, **NOBODY).create_bucket(Bucket=BUCKET)
iam = boto3.client("iam", endpoint_url=endpoint, **NOBODY)
iam.create_user(UserName="rapport")
iam.put_user_policy(UserName="rapport", PolicyName="files", PolicyDocument=json.dumps(POLICY))
key = iam.create_access_key(UserName="rapport")["AccessKey"]
moto.settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
print(port, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
user = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"], "region_name": "us-east-1"}
bucket = boto3.client("s3", endpoint_url=endpoint, **user)
for _ in sys.stdin:
    held = bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    print(json.dumps({one["Key"]: one["Size"] for one in held}), flush=True)
