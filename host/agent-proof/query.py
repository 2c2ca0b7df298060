"""A database that the guest agent has made, asked through its port as a user of it would."""
import secrets
import time

# MySQL allows 16 characters to the name of a user
NAME = 'trove_image'


def ask(control, port, until):
    """Has the agent make a database and a user, who writes a row; the server's version and the row as it is read back.

    An agent may call a database healthy that is still starting, so each step is tried until the time is over.
    """
    manager, password = control.datastore['manager'], secrets.token_hex(12)
    schema, user = describe(manager, password)
    control.announce('DBaaSDatabaseCreate')
    insist(until, lambda: control.call('create_database', 60, databases=[schema]))
    control.announce('DBaaSUserCreate')
    insist(until, lambda: control.call('create_user', 60, users=[user]))
    connection = insist(until, lambda: connect(manager, port, password))
    try:
        cursor = connection.cursor()
        if manager == 'postgresql':
            # the one that is there is not for every user
            cursor.execute(f'create schema {NAME}')
        cursor.execute(f'create table {NAME}.proof (word varchar(20))')
        cursor.execute(f"insert into {NAME}.proof values ('kept')")
        connection.commit()
        cursor.execute(f'select version(), word from {NAME}.proof')
        return cursor.fetchone()
    finally:
        connection.close()


def describe(manager, password):
    if manager == 'postgresql':
        from trove.common.db.postgresql import models
        schema, user = models.PostgreSQLSchema(NAME), models.PostgreSQLUser(NAME, password)
    else:
        from trove.common.db.mysql import models
        schema, user = models.MySQLSchema(NAME), models.MySQLUser(NAME, password)
    user.databases = NAME
    return schema.serialize(), user.serialize()


def insist(until, step):
    while True:
        try:
            return step()
        except Exception as error:
            # by an earlier try, of which only the answer was late
            if 'exists' in str(error):
                return None
            if time.monotonic() > until:
                raise
            time.sleep(2)


def connect(manager, port, password):
    login = {'host': '127.0.0.1', 'port': port, 'user': NAME, 'password': password, 'connect_timeout': 10}
    if manager == 'postgresql':
        import psycopg2
        return psycopg2.connect(dbname=NAME, **login)
    import pymysql
    return pymysql.connect(database=NAME, read_timeout=60, **login)
