/* What kind of file it is, by its name. */
#ifndef WOW_MIME_H
#define WOW_MIME_H

/* The MIME type of a file with this name, by its ending; "application/octet-stream" if it says
** nothing. */
const char *wow_mime_of_name(const char *name);

#endif
