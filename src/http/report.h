/*
** What is told of a transfer that has ended: to the log, and to who learns how far the server is.
*/
#ifndef WOW_REPORT_H
#define WOW_REPORT_H

#include "http/transfer.h"

/* Adds the transfer to the log, without secrets. The log takes over the statement's text. */
void wow_report_log(struct wow_transfer *t);

/* Lets the server's pace learn from a response that came at once, and whole. */
void wow_report_pace(const struct wow_transfer *t);

#endif
