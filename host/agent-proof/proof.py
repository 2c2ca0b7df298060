"""What is asked of a guest, in its order; each answer is a check."""
import time

import query

PING_SECONDS = 3
FAULT_SECONDS = 15
# what an instance can end in; before it there is only new and building
GOOD = ('healthy', 'running')
ENDS = (*GOOD, 'failed to spawn', 'failed', 'crashed', 'error', 'shutdown')


class Proof:
    def __init__(self, control, request, database_port, tell):
        self.control, self.request, self.database_port, self.tell = control, request, database_port, tell
        self.start, self.status = time.monotonic(), ''

    def seconds(self):
        return round(time.monotonic() - self.start, 1)

    def check(self, name, expected, found, ok, said=''):
        self.tell('check', id=name, expected=expected, found=found, ok=ok, seconds=self.seconds(), said=said[-4000:])
        return ok

    def run(self):
        if self.ping() and self.prepare() and self.request['isEmbedded']:
            self.query()

    def ping(self):
        """Calls until it answers; those that come before it listens are lost."""
        limit, reason = self.request['aliveSeconds'], 'no answer'
        expected = f'an encrypted rpc_ping is answered within {limit} s of power-on'
        while self.seconds() < limit:
            asked = time.monotonic()
            self.follow()
            try:
                answer = self.control.call('rpc_ping', PING_SECONDS)
                took = time.monotonic() - asked
                return self.check('agent-answers', expected, f'{answer} in {took:.1f} s', answer is True)
            except Exception as error:
                reason = shorten(error)
            time.sleep(max(0, 1 - (time.monotonic() - asked)))
        return self.check('agent-answers', expected, reason, False)

    def prepare(self):
        """Waits for what the conductor records; without the container image that is a failure."""
        embedded = self.request['isEmbedded']
        if not embedded:
            self.control.cast_prepare()
        limit = self.request['preparedSeconds']
        while self.status not in ENDS and self.seconds() < limit:
            self.follow()
            time.sleep(0.5)
        message, details = self.await_fault()
        self.check('agent-prepare', 'prepare is consumed, and its begin recorded', self.status or 'nothing recorded',
                   self.status not in ('', 'new'))
        found = f'{self.status or "nothing recorded"} after {self.seconds():.0f} s'
        found += f': {shorten(message)}' if message else ''
        said = f'{message}\n{details}'
        if embedded:
            return self.check('database-healthy', f'healthy within {limit} s of power-on', found,
                              self.status in GOOD, said)
        return self.check('prepare-failure-recorded', 'without the container image in the guest, prepare fails and says why',
                          found, message != '', said)

    def await_fault(self):
        """Message and details of a failure, which come a moment after it is recorded as one."""
        until = time.monotonic() + FAULT_SECONDS
        while self.status not in GOOD and not any(self.control.read_fault()) and time.monotonic() < until:
            time.sleep(0.5)
        return self.control.read_fault()

    def follow(self):
        status = self.control.read_status()
        if status != self.status:
            self.status = status
            self.tell('status', status=status, seconds=self.seconds())

    def query(self):
        datastore, port = self.request['datastore'], self.request['databasePort']
        expected = f'a row that a user of the database writes through port {port} is read back'
        try:
            until = time.monotonic() + self.request['querySeconds']
            version, word = query.ask(self.control, self.database_port, until)
            return self.check('database-query', expected, f'{word}, by {version}', word == 'kept')
        except Exception as error:
            return self.check('database-query', expected, shorten(error), False, str(error))


def shorten(reason):
    """The line of an error that says most: of a stack trace the last one."""
    lines = [line.strip() for line in str(reason).splitlines() if line.strip(' .')]
    text = lines[-1] if lines else type(reason).__name__
    return text if len(text) <= 300 else f'{text[:300]}…'
