import { IsString, Length, Matches } from 'class-validator';
import { Trim } from '../http/trim.js';

export class NewsletterDto {
  @Trim()
  @IsString()
  @Length(1, 200)
  @Matches(/^[^\r\n]*$/, { message: 'subject must be one line' })
  subject!: string;

  @IsString()
  @Length(1, 50_000)
  text!: string;
}
