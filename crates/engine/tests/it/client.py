"""The official Python client against the engine: connect, create, insert, select, fail."""
import datetime
import sys

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError

port, table = int(sys.argv[1]), sys.argv[2]
client = clickhouse_connect.get_client(host="127.0.0.1", port=port)
assert client.command("SELECT currentDatabase()") == "rapport"
client.command(f"CREATE TABLE {table} (n UInt32, s String, t DateTime('UTC')) ENGINE = MergeTree ORDER BY n")

moment = datetime.datetime(2025, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)
rows = [[n, f"text {n}\n\nDROP TABLE {table}", moment] for n in range(30000)]
client.insert(table, rows, column_names=["n", "s", "t"])
result = client.query(f"SELECT n, s, t FROM {table} ORDER BY n")
assert [list(row) for row in result.result_rows] == [[n, s, moment.replace(tzinfo=row[2].tzinfo)] for (n, s, _), row in zip(rows, result.result_rows)]
assert len(result.result_rows) == 30000

bound = client.query("SELECT {n:UInt32} + 1 AS a, {s:String} AS b", parameters={"n": 41, "s": "a\tb'"})
assert bound.result_rows == [(42, "a\tb'")], bound.result_rows
assert client.raw_query("SELECT 1 AS a", fmt="JSONEachRow") == b'{"a":1}\n'
limited = client.query("SELECT getSetting('max_threads')", settings={"max_threads": 3})
assert limited.result_rows == [(3,)], limited.result_rows
client.raw_insert(table, column_names=["n", "s"], insert_block=b"77777\tx\n", fmt="TSV")
assert client.command(f"SELECT count() FROM {table}") == 30001

try:
    client.query("SELECT * FROM nowhere")
except DatabaseError as error:
    assert "UNKNOWN_TABLE" in str(error), error
else:
    raise AssertionError("a missing table was answered")
print("done")
