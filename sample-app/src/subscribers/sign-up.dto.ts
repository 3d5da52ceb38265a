import { IsEmail } from 'class-validator';
import { Trim } from '../http/trim.js';

export class SignUpDto {
  // Mailboxes with letters outside ASCII before the @ can't be reached through SES; such domains can.
  @Trim()
  @IsEmail({ allow_utf8_local_part: false }, { message: 'email must be an address such as ann@example.com' })
  email!: string;
}
