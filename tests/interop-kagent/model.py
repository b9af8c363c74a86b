"""A model server that speaks OpenAI's chat completions: it answers `heard: ` and what the user said
last, and keeps what it was asked."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def text_of(content):
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


class Model:
    def __init__(self):
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(request)
                users = [one for one in request["messages"] if one["role"] == "user"]
                answer = "heard: " + text_of(users[-1]["content"])
                if request.get("stream"):
                    self.stream(answer)
                else:
                    self.whole(answer)

            def whole(self, answer):
                message = {"role": "assistant", "content": answer}
                body = json.dumps(
                    outer.head("chat.completion")
                    | {
                        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
                    }
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def stream(self, answer):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                half = len(answer) // 2
                deltas = [{"role": "assistant", "content": answer[:half]}, {"content": answer[half:]}]
                for delta in deltas:
                    self.chunk([{"index": 0, "delta": delta, "finish_reason": None}])
                self.chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])
                self.wfile.write(b"data: [DONE]\n\n")
                self.close_connection = True

            def chunk(self, choices):
                event = outer.head("chat.completion.chunk") | {"choices": choices}
                self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    @staticmethod
    def head(kind):
        return {"id": "c", "object": kind, "created": 1, "model": "small"}

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
