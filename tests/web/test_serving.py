"""A port of ours answers at once: an answer of two writes never waits for the other side's delayed ACK."""

from __future__ import annotations

import asyncio
import socket

from ascend_core.web.serving import bind


def test_connections_to_a_port_of_ours_do_not_wait_to_fill_a_packet() -> None:
    assert asyncio.run(_no_delay_of_an_accepted_connection(bind())) != 0


async def _no_delay_of_an_accepted_connection(listener: socket.socket) -> int:
    host, port = listener.getsockname()[:2]
    found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        found.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(accepted, sock=listener):
        _, writer = await asyncio.open_connection(host, port)
        answer = await asyncio.wait_for(found, 10)
        writer.close()
        return answer
