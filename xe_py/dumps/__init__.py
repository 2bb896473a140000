"""What XAPI and xe write down about a pool, as files: the database, records of XenAPI, the text of lists."""
