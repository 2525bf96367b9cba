import type { EngineName } from '../engines.ts';

/** The server's socket is where its configuration says, or else where Debian's client looks, too (from 20.0). */
const PROGRAM = `socket=$(sed -n 's/^socket *= *//p' /etc/mysql/my.cnf | head -n 1)
exec mariadb -uroot --protocol=socket \${socket:+"--socket=$socket"} -N -B`;

/** MariaDB's client as root in the container `mariadb` of a node; statements go to its standard input. */
export const sqlClient = (password: string, engine: EngineName = 'docker') =>
  [engine, 'exec', '-i', '-e', `MYSQL_PWD=${password}`, 'mariadb', 'sh', '-c', PROGRAM] as const;
