/** The keys about messages that a listener and its routes both have. */
import { errorPagesField, maintenanceField } from './answers.ts';
import { headerEditFields } from './header-edits.ts';
import { securityHeadersField } from './security-headers.ts';

/** To be spread into their schemas. */
export const rewritingFields = {
  ...headerEditFields,
  security_headers: securityHeadersField,
  error_pages: errorPagesField,
  maintenance: maintenanceField,
};
